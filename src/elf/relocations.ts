import { CALL, type Instruction, LD_IMM64, PSEUDO, type Reference, SLOT_SIZE } from "../asm/core.ts";
import type { Btf } from "../btf/core.ts";
import type { ElfError } from "../errors.ts";
import type { KconfigSpec, KsymSpec } from "../spec/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import { SHN_UNDEF, STB_WEAK } from "./_constants.ts";
import type { ElfFile, ElfSymbol } from "./file.ts";
import type { FunctionPlace, FunctionTable } from "./functions.ts";
import { type JumpTablePlace, JumpTables } from "./jump_tables.ts";
import { KCONFIG } from "./kconfig.ts";
import { ARENA_SECTION, JUMP_TABLES_SECTION, type Layout } from "./layout.ts";
import type { DefinedMap } from "./maps.ts";

/** What an object declares and defines, by which {@linkcode collectTargets} knows what can be referred to. */
export interface Definitions {
  readonly functions: FunctionTable;
  readonly maps: readonly DefinedMap[];
  readonly ksyms: readonly KsymSpec[];
  readonly kconfig: readonly KconfigSpec[];
  readonly btf: Btf | undefined;
}

/** What instructions can refer to. */
export interface Targets {
  readonly functions: FunctionTable;
  /** The numbers of the sections with functions. */
  readonly code: ReadonlySet<number>;
  /** The names of the maps, by their sections and the offsets in these. */
  readonly maps: ReadonlyMap<number, ReadonlyMap<number, string>>;
  /** The names of the maps that are data sections, or have one in them, by the numbers of the sections. */
  readonly data: ReadonlyMap<number, string>;
  readonly jumpTables: JumpTables | undefined;
  /** What is declared `__ksym`: the id of its type, or 0 where it has none. */
  readonly ksyms: ReadonlyMap<string, number>;
  /** What is declared `__kconfig`: its place in the map. */
  readonly kconfig: ReadonlyMap<string, number>;
  readonly btf: Btf | undefined;
}

/** Collects what instructions can refer to. */
export function collectTargets(
  file: ElfFile,
  layout: Layout,
  { functions, maps, ksyms, kconfig, btf }: Definitions,
): Targets {
  const names = new Map<number, Map<number, string>>();
  for (const name of ["maps", ".maps"]) {
    const section = layout.named.get(name);
    if (section !== undefined) names.set(section.index, new Map());
  }
  for (const { section, offset, spec } of maps) names.get(section)?.set(offset, spec.name);
  const data = new Map(layout.data.map(({ index, name }) => [index, name]));
  const jumpTables = layout.named.get(JUMP_TABLES_SECTION);
  const arenaData = layout.named.get(ARENA_SECTION);
  const arena = maps.find(({ spec }) => spec.type === BPF_MAP_TYPE.ARENA);
  if (arenaData !== undefined && arena !== undefined) data.set(arenaData.index, arena.spec.name);
  return {
    functions,
    code: new Set(layout.code.map(({ index }) => index)),
    maps: names,
    data,
    jumpTables: jumpTables && new JumpTables(file, jumpTables),
    ksyms: new Map(ksyms.map(({ name, typeId }) => [name, typeId])),
    kconfig: new Map(kconfig.map(({ name, offset }) => [name, offset])),
    btf,
  };
}

/** An instruction with what it refers to, and the function or table among that. */
export interface Referring {
  readonly instruction: Instruction;
  readonly callee?: FunctionPlace;
  readonly jumpTable?: JumpTablePlace;
}

/**
 * Gives an instruction its reference: by the symbol that a relocation names, or in a call within a section by the
 * distance that the compiler has put in (`bpf_program__record_reloc` and `bpf_object__reloc_code` of `libbpf.c`).
 *
 * @param offset Of the instruction, in bytes from the start of the section of `place`.
 * @throws {ElfError} There is nothing that the instruction could refer to.
 */
export function refer(
  file: ElfFile,
  targets: Targets,
  place: FunctionPlace,
  instruction: Instruction,
  offset: number,
  symbol: ElfSymbol | undefined,
): Referring {
  const { opcode, src, imm } = instruction;
  const fail = (state: string): ElfError =>
    file.error(`function "${place.name}" ${state}`, place.section.offset + offset);
  const referToFunction = (section: number, start: number): Referring => {
    const callee = targets.functions.at(section, start);
    const name = file.sections[section]?.name ?? "";
    if (callee === undefined) throw fail(`needs a function at ${start} of "${name}", where there is none`);
    const source = opcode === CALL ? PSEUDO.CALL : PSEUDO.FUNC;
    return {
      instruction: withReference(instruction, source, 0, { kind: "function", name: callee.symbol }),
      callee,
    };
  };

  if (symbol === undefined) {
    if (opcode === CALL && src === PSEUDO.CALL) {
      return referToFunction(place.section.index, offset + (imm + 1) * SLOT_SIZE);
    }
    if (opcode === LD_IMM64 && src === PSEUDO.FUNC) throw fail("names a function without a relocation");
    return { instruction };
  }

  const { name, section, value } = symbol;
  if (opcode !== CALL && opcode !== LD_IMM64) {
    throw fail(`refers to "${name}" in an instruction of opcode ${opcode}`);
  }
  if (section === SHN_UNDEF) {
    return { instruction: referOutside(instruction, symbol, targets, fail) };
  }
  if (opcode === CALL) {
    if (src !== PSEUDO.CALL) throw fail(`refers to "${name}" in the call of a helper`);
    return referToFunction(section, value + (imm + 1) * SLOT_SIZE);
  }
  const maps = targets.maps.get(section);
  if (maps !== undefined) {
    const map = maps.get(value);
    const where = file.sections[section]?.name;
    if (map === undefined) throw fail(`refers to a map at ${value} of "${where}", where there is none`);
    return { instruction: withReference(instruction, PSEUDO.MAP_FD, 0, { kind: "map", name: map }) };
  }
  const data = targets.data.get(section);
  if (data !== undefined) {
    const reference = { kind: "mapValue", name: data } as const;
    return { instruction: withReference(instruction, PSEUDO.MAP_VALUE, (value + imm) | 0, reference) };
  }
  if (section === targets.jumpTables?.section.index) {
    const jumpTable = targets.jumpTables.read(place, symbol);
    const reference = { kind: "mapValue", name: jumpTable.name } as const;
    return { instruction: withReference(instruction, PSEUDO.MAP_VALUE, 0, reference), jumpTable };
  }
  if (targets.code.has(section)) return referToFunction(section, value + imm);
  const where = file.sections[section]?.name ?? `of number ${section}`;
  throw fail(`refers to "${name}" in section "${where}", which holds no data, maps or functions`);
}

/**
 * What the object does not have itself: a part of the kernel's configuration, or a variable or function of the kernel.
 * Without types nothing tells what else a name could be.
 */
function referOutside(
  instruction: Instruction,
  { name, binding }: ElfSymbol,
  { kconfig, ksyms, btf }: Targets,
  fail: (state: string) => ElfError,
): Instruction {
  const call = instruction.opcode === CALL;
  const place = kconfig.get(name);
  if (place !== undefined && !call) {
    return withReference(instruction, PSEUDO.MAP_VALUE, place, { kind: "mapValue", name: KCONFIG });
  }
  const typeId = ksyms.get(name);
  if (typeId === undefined && btf !== undefined && btf.idsNamed(name).length > 0) {
    throw fail(`refers to "${name}", which is nowhere defined and not declared __ksym`);
  }
  const source = call ? PSEUDO.KFUNC_CALL : typeId ? PSEUDO.BTF_ID : 0;
  const weak = binding === STB_WEAK;
  return withReference(instruction, source, 0, { kind: "ksym", name, weak, typeId: typeId ?? 0 });
}

function withReference(
  instruction: Instruction,
  src: number,
  immHigh: number,
  reference: Reference,
): Instruction {
  return { ...instruction, src, imm: 0, immHigh, reference };
}
