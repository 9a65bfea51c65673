import { parseArgs } from "node:util";
import { slotsByIndex } from "../asm/core.ts";
import { libbpfMapName, objectName, parseElf } from "../elf/mod.ts";
import { WaggleError } from "../errors.ts";
import { mapTypeName } from "../map/mod.ts";
import type { ObjectSpec, ProgramSpec } from "../spec/mod.ts";
import { readFile } from "../sys/mod.ts";
import type { Command } from "./command.ts";

/** Prints what objects hold. Needs no privilege and asks nothing of the kernel but to read the files. */
export const inspect: Command = {
  summary: "what object files hold: maps, programs, variables",
  usage: `waggle inspect [--json] FILE…

Prints the maps, programs and variables of BPF object files.

  --json   one JSON object a line, with the kernel's UAPI numbers for types and flags`,

  run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    if (positionals.length === 0) throw new TypeError("name at least one object file");
    const results = positionals.map(describe);
    for (const result of results) console.log(values.json ? JSON.stringify(result) : text(result));
    return results.every(({ ok }) => ok) ? 0 : 1;
  },
};

/** An object as `--json` prints it. */
interface Description {
  readonly file: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly byteOrder?: string;
  readonly license?: string;
  readonly maps?: readonly MapDescription[];
  readonly programs?: readonly ProgramDescription[];
  readonly variables?: readonly { readonly name: string; readonly section: string; readonly size: number }[];
}

interface MapDescription {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

interface ProgramDescription {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly attachType: number;
  readonly attachTo: string;
  readonly instructions: number;
}

function describe(file: string): Description {
  try {
    const object = objectName(file);
    return { file, ok: true, ...describeObject(parseElf(readFile(file), object), object) };
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    return { file, ok: false, error: error.message };
  }
}

function describeObject(spec: ObjectSpec, object: string): Omit<Description, "file" | "ok"> {
  return {
    byteOrder: spec.byteOrder,
    license: spec.license,
    maps: spec.maps.map((map) => {
      const { type, keySize, valueSize, maxEntries, flags } = map;
      return { name: libbpfMapName(map, object), type, keySize, valueSize, maxEntries, flags };
    }),
    programs: spec.programs.map(describeProgram),
    variables: spec.variables.map(({ name, section, size }) => ({ name, section, size })),
  };
}

function describeProgram(program: ProgramSpec): ProgramDescription {
  const { name, section, type, attachType, attachTo } = program;
  const instructions = slotsByIndex(program.instructions).at(-1) ?? 0;
  return { name, section, type, attachType, attachTo, instructions };
}

function text(
  { file, error, byteOrder, license, maps = [], programs = [], variables = [] }: Description,
): string {
  if (error !== undefined) return `${file}: ${error}`;
  return [
    `${file}: ${byteOrder} endian, license ${JSON.stringify(license)}`,
    ...maps.map(({ name, type, keySize, valueSize, maxEntries }) =>
      `  map      ${name}: ${mapTypeName(type)}, key ${keySize}, value ${valueSize}, entries ${maxEntries}`
    ),
    ...programs.map(({ name, section, instructions }) =>
      `  program  ${name}: ${section}, ${instructions} instructions`
    ),
    ...variables.map(({ name, section, size }) => `  variable ${name}: ${size} bytes in ${section}`),
  ].join("\n");
}
