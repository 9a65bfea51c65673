import { CALL, encode, type Instruction, PSEUDO, SLOT_SIZE } from "../asm/core.ts";
import { type Btf, BtfBuilder } from "../btf/core.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import type { ElfSymbol } from "../elf/mod.ts";
import { NotSupportedError } from "../errors.ts";
import { identifier } from "../names.ts";
import {
  RELOCATION_SIZE,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_INFO_LINK,
  SHF_WRITE,
  SHT_PROGBITS,
  SHT_REL,
  STB_GLOBAL,
  STB_LOCAL,
  STT_FUNC,
  STT_OBJECT,
  STT_SECTION,
  STV_DEFAULT,
} from "./_elf.ts";
import { defineMaps, type EncodedMap, MAPS, POINTER_SIZE } from "./encode_maps.ts";
import { ElfWriter, SYMBOLS_INDEX, type WrittenRelocation } from "./elf_writer.ts";
import { describeFunctions } from "./function_info.ts";
import { type CodeSection, codeSections, TEXT } from "./code_sections.ts";
import { type EncodedField, LocalStructs } from "./local_structs.ts";

/** A program and its maps, to be made an object file of. */
export interface EncodedObject {
  /** The function's name. */
  readonly name: string;
  /** Where it attaches, as `SEC()` says it: `tp/sched/sched_switch`. */
  readonly section: string;
  /** The text of the license section. */
  readonly license: string;
  /**
   * The function, with references to maps by name, and lines of its source. Behind it those that it calls or has called, which
   * begin with an instruction of their name.
   */
  readonly instructions: readonly Instruction[];
  /** Those that the instructions refer to. */
  readonly maps: readonly EncodedMap[];
  /** What instructions reach into structs of a kernel for, which others have elsewhere (CO-RE). */
  readonly fields?: EncodedFields;
}

/** Fields of structs of a kernel, which loaders find again in the one that runs. */
export interface EncodedFields {
  /** The kernel's types; called where there is a field. */
  readonly btf: () => Btf;
  /** What the offset or number of each instruction is the place of, in bytes. */
  readonly paths: readonly (EncodedField | undefined)[];
}

/** `R_BPF_64_64` and `R_BPF_64_32`. */
const RELOCATION_64 = 1;
const RELOCATION_CALL = 10;

/**
 * Makes an object file that libbpf loads: the program in its section, its maps, their types, and lines of the source.
 *
 * @throws {NotSupportedError} The program asks for things of the kernel by name.
 *
 * @example An object with a program that does nothing
 * ```ts
 * import { exit, mov, r0 } from "@waggle/ebpf/asm";
 * import { encodeObject } from "@waggle/ebpf/linker";
 *
 * const bytes: Uint8Array = encodeObject({
 *   name: "pass",
 *   section: "xdp",
 *   license: "GPL",
 *   instructions: [mov(r0, 2), exit()],
 *   maps: [],
 * });
 * ```
 */
export function encodeObject(object: EncodedObject): Uint8Array {
  const { name, section, license, maps, fields } = object;
  const writer = new ElfWriter(LITTLE_ENDIAN ? "little" : "big");
  const types = new BtfBuilder();
  const symbols: ElfSymbol[] = [];
  const add = (bytes: Uint8Array, name: string, flags = 0, align = 1): number => {
    const index = writer.nextIndex;
    writer.addSection({ name, type: SHT_PROGBITS, flags, bytes, align });
    return index;
  };
  const define = (symbol: Pick<ElfSymbol, "name" | "type" | "section" | "value" | "size">, binding: number) =>
    symbols.push({ ...symbol, name: identifier(symbol.name), binding, visibility: STV_DEFAULT });

  const instructions = fields ? withRelocations(types, object.instructions, fields) : object.instructions;
  const sections = codeSections(name, section, instructions);
  const offsets = new Map(sections.at(-1)?.functions.map(({ name, offset }) => [name, offset]));
  const placed = sections.map((one) => {
    const bytes = encode(one.instructions.map((instruction) => relocatable(instruction, offsets)));
    return { ...one, size: bytes.length, index: add(bytes, one.name, SHF_ALLOC | SHF_EXECINSTR, 8) };
  });
  // Those of the file alone come first
  const text = placed.find(({ name }) => name === TEXT);
  const textSymbol = text &&
    define({ name: "", type: STT_SECTION, section: text.index, value: 0, size: 0 }, STB_LOCAL);
  for (const { name, offset, size } of text?.functions ?? []) {
    define({ name, type: STT_FUNC, section: text?.index ?? 0, value: offset, size }, STB_LOCAL);
  }
  const localCount = symbols.length;
  const [main] = placed;
  define({ name, type: STT_FUNC, section: main?.index ?? 0, value: 0, size: main?.size ?? 0 }, STB_GLOBAL);
  add(new TextEncoder().encode(`${license}\0`), "license", SHF_ALLOC | SHF_WRITE);
  const numbers = new Map<string, number>();
  if (maps.length > 0) {
    const definitions = defineMaps(types, maps);
    const index = add(new Uint8Array(definitions.size), MAPS, SHF_ALLOC | SHF_WRITE, POINTER_SIZE);
    definitions.entries.forEach(({ offset, size }, i) => {
      const { name = "" } = maps[i] ?? {};
      const symbol = { name, type: STT_OBJECT, section: index, value: offset, size };
      numbers.set(name, define(symbol, STB_GLOBAL));
    });
  }
  const info = describeFunctions(types, sections);
  add(types.encode(), ".BTF", 0, 4);
  if (info) add(info, ".BTF.ext", 0, 4);
  for (const one of placed) {
    const relocations = relocationsOf(one, numbers, textSymbol);
    if (relocations.length === 0) continue;
    writer.addSection({
      name: `.rel${one.name}`,
      type: SHT_REL,
      flags: SHF_INFO_LINK,
      bytes: writer.encodeRelocations(relocations),
      link: SYMBOLS_INDEX,
      info: one.index,
      align: 8,
      entrySize: RELOCATION_SIZE,
    });
  }
  writer.setSymbols(symbols, localCount);
  return writer.encode();
}

/** The instructions with their CO-RE records, and the types that these are of among the others. */
function withRelocations(
  types: BtfBuilder,
  instructions: readonly Instruction[],
  { btf, paths }: EncodedFields,
): readonly Instruction[] {
  const known = paths.filter((path) => path !== undefined);
  if (known.length === 0) return instructions;
  const local = new LocalStructs(btf(), known);
  return instructions.map((instruction, i) => {
    const path = paths[i];
    return path ? { ...instruction, relocation: local.relocation(types, path) } : instruction;
  });
}

/**
 * The instruction with what the file has where a loader puts an address: nothing for maps; for functions where they are in the
 * section that the relocation names, in bytes, or as the distance of a call at its start.
 */
function relocatable(instruction: Instruction, offsets: ReadonlyMap<string, number>): Instruction {
  const { reference, symbol: _symbol, relocation: _relocation, ...plain } = instruction;
  if (reference === undefined) return plain;
  if (reference.kind === "map") return { ...plain, src: 0, imm: 0 };
  const offset = reference.kind === "function" ? offsets.get(reference.name) : undefined;
  if (offset !== undefined) return { ...plain, imm: isCall(plain) ? offset / SLOT_SIZE - 1 : offset };
  throw new NotSupportedError(
    `Cannot write an object file: its program refers to the ${reference.kind} "${reference.name}"`,
  );
}

function isCall({ src, opcode }: Instruction): boolean {
  return opcode === CALL && src === PSEUDO.CALL;
}

function relocationsOf(
  { instructions, slots }: CodeSection,
  maps: ReadonlyMap<string, number>,
  text: number | undefined,
): WrittenRelocation[] {
  return instructions.flatMap((instruction, i) => {
    const { reference } = instruction;
    const symbol = reference?.kind === "function" ? text : reference && maps.get(reference.name);
    const type = isCall(instruction) ? RELOCATION_CALL : RELOCATION_64;
    return symbol === undefined ? [] : [{ offset: (slots[i] ?? 0) * SLOT_SIZE, symbol, type }];
  });
}
