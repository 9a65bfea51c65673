import { decode, type Instruction, isWide, SLOT_SIZE } from "../asm/core.ts";
import type { ExtInfo } from "../btf/core.ts";
import type { JumpTable, ProgramSpec } from "../spec/mod.ts";
import { parseAttachTo } from "./attach.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "./file.ts";
import { type FunctionPlace, isProgram } from "./functions.ts";
import type { JumpTablePlace } from "./jump_tables.ts";
import type { Layout } from "./layout.ts";
import { taggedWith } from "./maps.ts";
import { refer, type Targets } from "./relocations.ts";
import { parseSectionName } from "./sections.ts";

/**
 * Most instructions and entries of jump tables that the programs of one object may add up to. The functions that
 * several programs call count in each, so that a small file could ask for any number; the kernel takes a million in
 * one program.
 */
const MAX_INSTRUCTIONS = 1 << 24;

/** A function with its instructions. */
interface Code {
  readonly instructions: readonly Instruction[];
  /** What the instructions call and take the addresses of, in their order. */
  readonly callees: readonly FunctionPlace[];
  /** What the instructions jump by. */
  readonly jumpTables: readonly JumpTablePlace[];
}

/** Starts the decl tag of a program that names the function to call where `bpf_throw` is. */
const EXCEPTION_CALLBACK = "exception_callback:";

/**
 * Reads the programs: the global functions outside of `.text`, each followed by the functions it needs.
 *
 * @param tags The decl tags of functions, by the ids of their types.
 * @throws {ElfError} An instruction refers to something that is not there.
 * @throws {BytecodeError} A function is no sequence of instructions.
 */
export function readPrograms(
  file: ElfFile,
  layout: Layout,
  targets: Targets,
  info: ExtInfo | undefined,
  tags: ReadonlyMap<number, readonly string[]>,
): ProgramSpec[] {
  const code = new Map<FunctionPlace, Code>();
  let reader: CodeReader | undefined;
  for (const place of targets.functions.all) {
    if (reader?.section !== place.section) {
      reader = new CodeReader(file, layout, targets, info, place.section);
    }
    code.set(place, reader.read(place));
  }

  const subprograms = new Map<string, FunctionPlace>();
  for (const place of targets.functions.all) {
    if (place.global && !isProgram(place)) subprograms.set(place.name, place);
  }
  let total = 0;
  return targets.functions.all.filter(isProgram).map((place) => {
    const own = tags.get(code.get(place)?.instructions[0]?.functionTypeId ?? 0);
    const parts = link(place, findCallback(file, place, own, subprograms), code);
    const { instructions, jumpTables, size } = assemble(parts, code, MAX_INSTRUCTIONS - total);
    total += size;
    if (total > MAX_INSTRUCTIONS) {
      throw file.error(`its programs have over ${MAX_INSTRUCTIONS} instructions`);
    }
    const attach = parseAttachTo(place.section.name);
    return {
      name: place.name,
      ...parseSectionName(place.section.name),
      ...(attach === undefined ? {} : { attach }),
      instructions,
      ...(jumpTables.length === 0 ? {} : { jumpTables }),
      ...taggedWith(own),
    };
  });
}

/** What {@linkcode assemble} makes. */
interface Assembled {
  readonly instructions: readonly Instruction[];
  readonly jumpTables: readonly JumpTable[];
  /** How many instructions and entries of tables that is. */
  readonly size: number;
}

/** Puts functions one after the other, and stops beyond a limit. */
function assemble(
  parts: Iterable<FunctionPlace>,
  code: ReadonlyMap<FunctionPlace, Code>,
  limit: number,
): Assembled {
  const instructions: Instruction[] = [];
  const tables = new Map<string, JumpTable>();
  let size = 0;
  let start = 0;
  for (const part of parts) {
    const found = code.get(part);
    if (found === undefined) continue;
    size += found.instructions.length;
    for (const { slots } of found.jumpTables) size += slots.length;
    if (size > limit) break;
    for (const instruction of found.instructions) instructions.push(instruction);
    for (const { name, slots } of found.jumpTables) {
      tables.set(name, { name, slots: slots.map((slot) => start + slot) });
    }
    start += part.size / SLOT_SIZE;
  }
  return { instructions, jumpTables: [...tables.values()], size };
}

/**
 * The function that a program names to be called on an exception. Nothing in the instructions leads to it; the kernel
 * finds it by the tag. Where several are named it is left to the kernel to refuse them.
 */
function findCallback(
  file: ElfFile,
  place: FunctionPlace,
  tags: readonly string[] | undefined,
  subprograms: ReadonlyMap<string, FunctionPlace>,
): FunctionPlace | undefined {
  const [tag, second] = tags?.filter((tag) => tag.startsWith(EXCEPTION_CALLBACK)) ?? [];
  if (tag === undefined || second !== undefined) return undefined;
  const name = tag.slice(EXCEPTION_CALLBACK.length);
  const callback = subprograms.get(name);
  if (callback !== undefined) return callback;
  throw file.error(`program "${place.name}" names "${name}" for exceptions, which is no global function`);
}

/**
 * A function and all it needs, each once, in the order that libbpf puts them in: what a call leads to comes with
 * all it needs itself before what the next call leads to (`bpf_object__reloc_code` of `libbpf.c`); what is to be
 * called on an exception comes last. The order is part of a program's tag.
 */
function link(
  entry: FunctionPlace,
  callback: FunctionPlace | undefined,
  code: ReadonlyMap<FunctionPlace, Code>,
): Set<FunctionPlace> {
  const parts = new Set<FunctionPlace>();
  for (const root of callback === undefined ? [entry] : [entry, callback]) {
    const open = [[root].values()];
    for (let calls = open.at(-1); calls !== undefined; calls = open.at(-1)) {
      const { done, value } = calls.next();
      if (done) {
        open.pop();
      } else if (!parts.has(value)) {
        parts.add(value);
        open.push(calleesOf(value, code));
      }
    }
  }
  return parts;
}

function calleesOf(
  place: FunctionPlace,
  code: ReadonlyMap<FunctionPlace, Code>,
): ArrayIterator<FunctionPlace> {
  return (code.get(place)?.callees ?? []).values();
}

/** Reads the functions of one section. */
class CodeReader {
  readonly section: ElfSection;
  readonly #file: ElfFile;
  readonly #targets: Targets;
  /** What is known of instructions, by their offset in the section in bytes. */
  readonly #symbols: ReadonlyMap<number, ElfSymbol>;
  readonly #functions: ReadonlyMap<number, Pick<Instruction, "functionTypeId">>;
  readonly #lines: ReadonlyMap<number, Pick<Instruction, "source">>;
  readonly #relocations: ReadonlyMap<number, Pick<Instruction, "relocation">>;

  constructor(
    file: ElfFile,
    layout: Layout,
    targets: Targets,
    info: ExtInfo | undefined,
    section: ElfSection,
  ) {
    this.section = section;
    this.#file = file;
    this.#targets = targets;
    const table = layout.relocations.get(section.index);
    const relocations = table === undefined ? [] : file.relocationsIn(table);
    this.#symbols = new Map(relocations.map(({ offset, symbol }) => [offset, symbol]));
    if (this.#symbols.size < relocations.length) {
      throw file.error(`an instruction of "${section.name}" has several relocations`, table?.offset);
    }
    const { name } = section;
    this.#functions = new Map(
      info?.functions.get(name)?.map(({ offset, typeId }) => [offset, { functionTypeId: typeId }]),
    );
    this.#lines = new Map(
      info?.lines.get(name)?.map(({ offset, ...source }) => [offset, { source }]),
    );
    this.#relocations = new Map(
      info?.relocations.get(name)?.map(({ offset, kind, typeId, accessor }) => [
        offset,
        { relocation: { kind, typeId, accessor } },
      ]),
    );
  }

  read(place: FunctionPlace): Code {
    const end = place.offset + place.size;
    const { byteOrder } = this.#file;
    const parse = (bytes: Uint8Array) => decode(bytes, { byteOrder });
    const decoded = this.#file.parsing(this.section, parse, place.offset, end);
    const callees: FunctionPlace[] = [];
    const jumpTables = new Set<JumpTablePlace>();
    let offset = place.offset;
    const instructions = decoded.map((plain) => {
      const symbol = this.#symbols.get(offset);
      const referring = refer(this.#file, this.#targets, place, plain, offset, symbol);
      const { instruction, callee, jumpTable } = referring;
      if (callee !== undefined) callees.push(callee);
      if (jumpTable !== undefined) jumpTables.add(jumpTable);
      const annotated = this.#annotate(place, instruction, offset);
      const next = offset + (isWide(plain) ? 2 : 1) * SLOT_SIZE;
      this.#refuseWithin(place, offset, next);
      offset = next;
      return annotated;
    });
    return { instructions, callees, jumpTables: [...jumpTables] };
  }

  /** Nothing can be said of a place that is no start of an instruction. */
  #refuseWithin(place: FunctionPlace, start: number, end: number): void {
    for (let at = start + 1; at < end; at++) {
      if (!this.#symbols.has(at) && !this.#relocations.has(at)) continue;
      throw this.#file.error(
        `function "${place.name}" has a relocation within an instruction`,
        this.section.offset + at,
      );
    }
  }

  #annotate(place: FunctionPlace, instruction: Instruction, offset: number): Instruction {
    const entry = offset === place.offset
      ? { symbol: place.symbol, ...this.#functions.get(offset) }
      : undefined;
    const line = this.#lines.get(offset);
    const relocation = this.#relocations.get(offset);
    if (entry === undefined && line === undefined && relocation === undefined) return instruction;
    return { ...instruction, ...entry, ...line, ...relocation };
  }
}
