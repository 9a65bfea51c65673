import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { HEADER_SIZE, MAGIC, VERSION } from "./_header.ts";
import { forEachReference, mapReferences } from "./_references.ts";
import { StringTable } from "./_string_table.ts";
import { recordSize, RecordWriter } from "./_record_writer.ts";
import { Btf } from "./btf.ts";
import type { BtfType, NewBtfType } from "./types.ts";

/** Options of {@linkcode BtfBuilder}. */
export interface BtfBuilderOptions {
  /** What the types are an addition to, as those of a module are to the kernel's (split BTF). */
  readonly base?: Btf;
  /** BTF whose strings come first and keep their offsets, for records of `.BTF.ext` that refer to them. */
  readonly stringsOf?: Btf;
}

/** Options of {@linkcode BtfBuilder.encode} and {@linkcode BtfBuilder.build}. */
export interface EncodeBtfOptions {
  /** That of this machine unless given. */
  readonly byteOrder?: "little" | "big";
}

/**
 * Makes BTF from types that are given as plain data or copied from other BTF.
 *
 * Types get ascending ids. One may refer to a type that is only added later: its id is known from
 * {@linkcode BtfBuilder.count}.
 *
 * @example A struct with a list of itself
 * ```ts
 * import { BtfBuilder } from "@waggle/ebpf/btf";
 *
 * const builder = new BtfBuilder();
 * const pointer = builder.add({ kind: "pointer", name: "", typeId: builder.count + 1 });
 * builder.add({
 *   kind: "struct",
 *   name: "node",
 *   size: 8,
 *   members: [{ name: "next", typeId: pointer, bitOffset: 0, bitSize: 0 }],
 * });
 * const btf = builder.build();
 * ```
 */
export class BtfBuilder {
  /** What the types are an addition to. */
  readonly base: Btf | undefined;

  readonly #firstId: number;
  readonly #types: NewBtfType[] = [];
  readonly #strings: StringTable;
  /** The ids that copied types have here, by where they come from. */
  readonly #copied: Map<Btf, Map<number, number>> = new Map();

  /** Starts without types of its own. */
  constructor(options: BtfBuilderOptions = {}) {
    this.base = options.base;
    this.#firstId = options.base?.count ?? 1;
    this.#strings = new StringTable(options.base?.stringsLength ?? 0, options.stringsOf?.stringSection);
  }

  /** The id that the next type gets. */
  get count(): number {
    return this.#firstId + this.#types.length;
  }

  /** Adds a type and returns its id. Nothing is checked before {@linkcode BtfBuilder.encode}. */
  add(type: NewBtfType): number {
    return this.#types.push(type) + this.#firstId - 1;
  }

  /**
   * Copies a type from other BTF with all that it refers to, and returns its id here.
   *
   * What was copied before is not copied again, and what is in the base of both stays there. Tags on the types
   * (`BTF_KIND_DECL_TAG`) are not copied, since they refer to the type and not it to them.
   *
   * @throws {BtfError} There is no such type, or a record on the way is malformed.
   */
  copy(btf: Btf, id: number): number {
    const ids = this.#copiedFrom(btf);
    const missing = [...reachable(btf, id, (next) => ids.has(next) || this.#shares(btf, next))];
    // In their old order, which is that of the source
    missing.sort((a, b) => a - b).forEach((next, i) => ids.set(next, this.count + i));
    const idHere = (old: number) => ids.get(old) ?? old;
    for (const next of missing) this.add(mapReferences(addable(btf.type(next)), idHere));
    return idHere(id);
  }

  /** Adds a string that no type has, as `.BTF.ext` refers to, and returns its offset in bytes. */
  addString(text: string): number {
    return this.#strings.add(text);
  }

  /**
   * Encodes the header, the types and the strings.
   *
   * @throws {RangeError} A type refers to one that is missing, or has a number that BTF has no room for.
   * @throws {TypeError} A name has a NUL.
   */
  encode(options: EncodeBtfOptions = {}): Uint8Array {
    const littleEndian = options.byteOrder === undefined ? LITTLE_ENDIAN : options.byteOrder === "little";
    const types = new Uint8Array(this.#types.reduce((size, type) => size + recordSize(type), 0));
    const view = new DataView(types.buffer);
    const string = (text: string) => this.#strings.add(text);
    const writer = new RecordWriter({ view, littleEndian, string, count: this.count });
    for (const type of this.#types) writer.write(type);
    const strings = this.#strings.section;
    const bytes = new Uint8Array(HEADER_SIZE + types.length + strings.length);
    const header = new DataView(bytes.buffer);
    header.setUint16(0, MAGIC, littleEndian);
    header.setUint8(2, VERSION);
    const words = [HEADER_SIZE, 0, types.length, types.length, strings.length];
    words.forEach((word, i) => header.setUint32(4 + i * 4, word, littleEndian));
    bytes.set(types, HEADER_SIZE);
    bytes.set(strings, HEADER_SIZE + types.length);
    return bytes;
  }

  /** Encodes the types, and parses what comes out. Throws as {@linkcode BtfBuilder.encode} does. */
  build(options: EncodeBtfOptions = {}): Btf {
    return new Btf(this.encode(options), this.base);
  }

  #copiedFrom(btf: Btf): Map<number, number> {
    let ids = this.#copied.get(btf);
    if (ids === undefined) this.#copied.set(btf, ids = new Map([[0, 0]]));
    return ids;
  }

  /** Whether a type is in the base here as well as there. */
  #shares(btf: Btf, id: number): boolean {
    return this.base !== undefined && btf.base === this.base && id < this.#firstId;
  }
}

/** The ids of a type and of all that it refers to, with no regard to what is beyond those to stop at. */
function reachable(btf: Btf, root: number, stop: (id: number) => boolean): Set<number> {
  const found = new Set<number>();
  const left = [root];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (found.has(id) || stop(id)) continue;
    found.add(id);
    forEachReference(btf.type(id), (next) => left.push(next));
  }
  return found;
}

/** `void` has no record and cannot be added. */
function addable(type: BtfType): Exclude<BtfType, { kind: "void" }> {
  if (type.kind === "void") throw new TypeError("Cannot add void to BTF: it is type 0 of all BTF");
  return type;
}
