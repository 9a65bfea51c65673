/** What libbpf makes of an object file, to compare with. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode, type Instruction, LD_IMM64, PSEUDO } from "../../src/asm/mod.ts";

/** A map as libbpf opens it. */
export interface LibbpfMap {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly mapExtra: number;
  readonly numaNode: number;
  readonly pinned: boolean;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** In hexadecimal. */
  readonly contents: string;
}

/** A program as libbpf opens it. */
export interface LibbpfProgram {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly attachType: number;
  readonly flags: number;
  readonly autoload: boolean;
}

/** What a section name means to libbpf. */
export interface LibbpfSection {
  readonly name: string;
  readonly known: boolean;
  readonly type: number;
  readonly attachType: number;
}

/** The output of `libbpf_facts.c`. */
export interface LibbpfFacts {
  readonly maps: readonly LibbpfMap[];
  readonly programs: readonly LibbpfProgram[];
  /** After all relocations, in hexadecimal. */
  readonly instructions: readonly { readonly name: string; readonly bytes: string }[];
  readonly sections: readonly LibbpfSection[];
}

/** Runs the body with a new folder, and removes it. */
export function inTemporaryFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "waggle-"));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What to ask libbpf about. */
export interface LibbpfQuestion {
  /** The path of an object file. */
  readonly object?: string;
  /** The path of a file with the types to relocate for, or "running"; without there are no instructions. */
  readonly types?: string;
  readonly sections?: readonly string[];
}

/** Asks libbpf. Needs "cc", "libbpf" and, for instructions, "bpf". */
export function libbpfFacts({ object = "", types = "", sections = [] }: LibbpfQuestion): LibbpfFacts {
  return inTemporaryFolder((folder) => {
    const program = join(folder, "facts");
    execFileSync("cc", ["-o", program, join(import.meta.dirname ?? "", "libbpf_facts.c"), "-lbpf"]);
    const output = execFileSync(program, [object, types, ...sections], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    return JSON.parse(output);
  });
}

/**
 * The bytes of a program in hexadecimal, without the descriptors of maps, as the kernel makes tags of them; libbpf
 * puts them in last, and not where a map cannot be made.
 */
export function comparableBytes(instructions: readonly Instruction[] | string): string {
  const decoded = typeof instructions === "string" ? decode(Uint8Array.fromHex(instructions)) : instructions;
  return encode(decoded.map(({ reference, ...rest }) => {
    const inMap = rest.opcode === LD_IMM64 && (rest.src === PSEUDO.MAP_FD || rest.src === PSEUDO.MAP_VALUE);
    if (inMap) return { ...rest, imm: 0 };
    return reference === undefined ? rest : { ...rest, reference };
  })).toHex();
}
