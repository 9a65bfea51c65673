import { SLOT_SIZE } from "../asm/core.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "./file.ts";
import type { FunctionPlace } from "./functions.ts";

const ENTRY_SIZE = 8;

/** Most entries read in one object: tables may overlap, so that the size of the file is no bound. */
const MAX_ENTRIES = 1 << 22;

/** A table of instructions of one function. */
export interface JumpTablePlace {
  /** Unique in the object. */
  readonly name: string;
  /** Instructions, in slots from the start of the function. */
  readonly slots: readonly number[];
}

/**
 * The section `.jumptables`: 8 bytes for each entry, with the offset of an instruction from the start of the section of
 * the function that jumps (`create_jt_map` of `libbpf.c`).
 */
export class JumpTables {
  readonly section: ElfSection;
  readonly #file: ElfFile;
  readonly #view: DataView;
  readonly #known: Map<FunctionPlace, Map<string, JumpTablePlace>> = new Map();
  #left = MAX_ENTRIES;

  constructor(file: ElfFile, section: ElfSection) {
    const bytes = file.bytesOf(section);
    this.section = section;
    this.#file = file;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * The table at a symbol, for a function.
   *
   * @throws {ElfError} The table is cut off, or leads out of the function.
   */
  read(place: FunctionPlace, { value: start, size }: ElfSymbol): JumpTablePlace {
    const name = `${this.section.name}+${start}`;
    let known = this.#known.get(place);
    if (known === undefined) this.#known.set(place, known = new Map());
    let table = known.get(name);
    if (table === undefined) known.set(name, table = { name, slots: this.#slots(place, start, size) });
    return table;
  }

  #slots(place: FunctionPlace, start: number, size: number): number[] {
    const { name } = this.section;
    const fail = (state: string) =>
      this.#file.error(`the jump table of function "${place.name}" ${state}`, this.section.offset);
    const misplaced = start % ENTRY_SIZE !== 0 || start + size > this.#view.byteLength;
    if (misplaced || size % ENTRY_SIZE !== 0 || size === 0) {
      throw fail(`has ${size} bytes at ${start} of "${name}"`);
    }
    this.#left -= size / ENTRY_SIZE;
    if (this.#left < 0) throw fail(`is one too many: there are over ${MAX_ENTRIES} entries`);
    const slots: number[] = [];
    for (let at = start; at < start + size; at += ENTRY_SIZE) {
      const target = Number(this.#view.getBigUint64(at, this.#file.byteOrder === "little"));
      const offset = target - place.offset;
      if (offset < 0 || offset >= place.size || offset % SLOT_SIZE !== 0) {
        throw fail(`leads to ${target} of "${place.section.name}", outside of the function`);
      }
      slots.push(offset / SLOT_SIZE);
    }
    return slots;
  }
}
