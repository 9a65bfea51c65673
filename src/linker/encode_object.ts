import { encode, type Instruction, slotsByIndex } from "../asm/core.ts";
import { BtfBuilder, type BtfSectionEntry } from "../btf/core.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import type { ElfSymbol } from "../elf/mod.ts";
import { NotSupportedError } from "../errors.ts";
import {
  RELOCATION_SIZE,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_INFO_LINK,
  SHF_WRITE,
  SHT_PROGBITS,
  SHT_REL,
  STB_GLOBAL,
  STT_FUNC,
  STT_OBJECT,
  STV_DEFAULT,
} from "./_elf.ts";
import { ElfWriter, SYMBOLS_INDEX } from "./elf_writer.ts";
import { encodeParts } from "./ext_info.ts";

/** A map to define. Numbers are those of the kernel's UAPI. */
export interface EncodedMap {
  /** By which instructions refer to it. */
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes. */
  readonly valueSize: number;
  /** How many elements fit. */
  readonly maxEntries: number;
  /** `BPF_F_…`. */
  readonly flags: number;
}

/** A program and its maps, to be made an object file of. */
export interface EncodedObject {
  /** The function's name. */
  readonly name: string;
  /** Where it attaches, as `SEC()` says it: `tp/sched/sched_switch`. */
  readonly section: string;
  /** The text of the license section. */
  readonly license: string;
  /** The function alone, with references to maps by name, and lines of its source. */
  readonly instructions: readonly Instruction[];
  /** Those that the instructions refer to. */
  readonly maps: readonly EncodedMap[];
}

/** `R_BPF_64_64`. */
const RELOCATION_64 = 1;
const MAPS = ".maps";
/** Of a pointer, which is what attributes of maps are. */
const POINTER_SIZE = 8;

/**
 * Makes an object file that libbpf loads: the program in its section, its maps, their types, and lines of the source.
 *
 * @throws {NotSupportedError} The program has functions or asks for things of the kernel by name.
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
export function encodeObject({ name, section, license, instructions, maps }: EncodedObject): Uint8Array {
  const writer = new ElfWriter(LITTLE_ENDIAN ? "little" : "big");
  const types = new BtfBuilder();
  const symbols: ElfSymbol[] = [];
  const add = (bytes: Uint8Array, name: string, flags = 0, align = 1): number => {
    const index = writer.nextIndex;
    writer.addSection({ name, type: SHT_PROGBITS, flags, bytes, align });
    return index;
  };
  const define = (name: string, type: number, section: number, value: number, size: number): number =>
    symbols.push({ name, binding: STB_GLOBAL, type, visibility: STV_DEFAULT, section, value, size });

  const code = encode(instructions.map(withoutMap));
  const codeIndex = add(code, section, SHF_ALLOC | SHF_EXECINSTR, 8);
  define(identifier(name), STT_FUNC, codeIndex, 0, code.length);
  add(new TextEncoder().encode(`${license}\0`), "license", SHF_ALLOC | SHF_WRITE);
  const numbers = new Map<string, number>();
  if (maps.length > 0) {
    const definitions = defineMaps(types, maps);
    const index = add(new Uint8Array(definitions.size), MAPS, SHF_ALLOC | SHF_WRITE, POINTER_SIZE);
    definitions.entries.forEach(({ offset, size }, i) => {
      const { name = "" } = maps[i] ?? {};
      numbers.set(name, define(identifier(name), STT_OBJECT, index, offset, size));
    });
  }
  const info = describeFunction(types, name, section, instructions);
  add(types.encode(), ".BTF", 0, 4);
  if (info) add(info, ".BTF.ext", 0, 4);
  const relocations = relocationsOf(instructions, numbers);
  if (relocations.length > 0) {
    writer.addSection({
      name: `.rel${section}`,
      type: SHT_REL,
      flags: SHF_INFO_LINK,
      bytes: writer.encodeRelocations(relocations),
      link: SYMBOLS_INDEX,
      info: codeIndex,
      align: 8,
      entrySize: RELOCATION_SIZE,
    });
  }
  writer.setSymbols(symbols, 0);
  return writer.encode();
}

/** A name as C has it. */
function identifier(name: string): string {
  return name.replace(/\W/g, "_");
}

/** The instruction with nothing where a loader puts the map. */
function withoutMap(instruction: Instruction): Instruction {
  const { reference, ...plain } = instruction;
  if (reference === undefined) return plain;
  if (reference.kind === "map") return { ...plain, src: 0, imm: 0 };
  throw new NotSupportedError(
    `Cannot write an object file: its program refers to the ${reference.kind} "${reference.name}"`,
  );
}

function relocationsOf(
  instructions: readonly Instruction[],
  symbols: ReadonlyMap<string, number>,
): { offset: number; symbol: number; type: number }[] {
  const slots = slotsByIndex(instructions);
  return instructions.flatMap(({ reference }, i) => {
    const symbol = reference && symbols.get(reference.name);
    return symbol === undefined ? [] : [{ offset: (slots[i] ?? 0) * 8, symbol, type: RELOCATION_64 }];
  });
}

/**
 * The definitions of the maps, as `__uint()` of libbpf's `bpf_helpers.h` makes them: structs of pointers to arrays, whose
 * lengths are the numbers.
 */
function defineMaps(
  types: BtfBuilder,
  maps: readonly EncodedMap[],
): { readonly entries: readonly BtfSectionEntry[]; readonly size: number } {
  const int = types.add({ ...INT });
  const number = (length: number): number =>
    types.add({
      kind: "pointer",
      name: "",
      typeId: types.add({ kind: "array", name: "", typeId: int, indexTypeId: int, length }),
    });
  let offset = 0;
  const entries = maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => {
    const attributes = {
      type,
      key_size: keySize,
      value_size: valueSize,
      max_entries: maxEntries,
      map_flags: flags,
    };
    const members = Object.entries(attributes).filter(([, value]) => value > 0).map(([name, value], i) => (
      { name, typeId: number(value), bitOffset: i * POINTER_SIZE * 8, bitSize: 0 }
    ));
    const size = members.length * POINTER_SIZE;
    const struct = types.add({ kind: "struct", name: "", size, members });
    const typeId = types.add({ kind: "variable", name: identifier(name), typeId: struct, linkage: "global" });
    const entry = { typeId, offset, size };
    offset += size;
    return entry;
  });
  types.add({ kind: "section", name: MAPS, size: offset, entries });
  return { entries, size: offset };
}

const INT = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  bitOffset: 0,
  signed: true,
  bool: false,
  char: false,
} as const;

/** The function, and its lines in the form of `.BTF.ext`. */
function describeFunction(
  types: BtfBuilder,
  name: string,
  section: string,
  instructions: readonly Instruction[],
): Uint8Array | undefined {
  const returnTypeId = types.add({ ...INT });
  const prototype = types.add({ kind: "prototype", name: "", returnTypeId, parameters: [] });
  const typeId = types.add({
    kind: "function",
    name: identifier(name),
    typeId: prototype,
    linkage: "static",
  });
  const slots = slotsByIndex(instructions);
  const at = types.addString(section);
  const lines = instructions.flatMap(({ source }, i) =>
    source && (i === 0 || source !== instructions[i - 1]?.source)
      ? [[(slots[i] ?? 0) * 8, types.addString(source.file), types.addString(source.text), position(source)]]
      : []
  );
  // The kernel wants a line at the start of a function
  const known = lines[0]?.[0] === 0 ? lines : [];
  return encodeParts(!LITTLE_ENDIAN, [
    [8, at, 1, 0, typeId],
    known.length > 0 ? [16, at, known.length, ...known.flat()] : [],
    [],
  ]);
}

/** 22 bits of the line and 10 of the column, which are 0 where they are larger. */
function position({ line, column }: { readonly line: number; readonly column: number }): number {
  return (line > 0x3fffff ? 0 : line << 10 | (column > 0x3ff ? 0 : column)) >>> 0;
}
