import { BtfError } from "../errors.ts";
import { parseHeader } from "./_header.ts";
import { NameIndex } from "./_name_index.ts";
import { readType, type TypeSource } from "./_read_type.ts";
import { indexTypes, KIND_FUNCTION, kindOfInfo, KINDS, typeWords } from "./_records.ts";
import { Strings } from "./_strings.ts";
import type { BtfKind, BtfOfKind, BtfType, BtfVoid } from "./types.ts";

const VOID: BtfVoid = { kind: "void", id: 0, name: "" };

/**
 * The types of a kernel, a kernel module or an object file, over the bytes they came in.
 *
 * Types are read when they are asked for and kept from then on. The bytes are used where they are, and so must
 * not change. Made by {@linkcode parseBtf}.
 */
export class Btf {
  /** The whole blob, header included. */
  readonly bytes: Uint8Array;
  /** The byte order of everything in {@linkcode Btf.bytes}. */
  readonly byteOrder: "little" | "big";
  /** What these types are an addition to, as those of a module are to the kernel's (split BTF). */
  readonly base: Btf | undefined;
  /** How long the string section is, in bytes, with that of the base before it. */
  readonly stringsLength: number;
  /** The lowest id that is not in the base; 1 where there is none, since 0 is `void`. */
  readonly firstId: number;
  /** Valid ids are 0 to `count - 1`, those of the base included. */
  readonly count: number;

  readonly #source: TypeSource;
  /** Where each of the own types starts, as indices of words. */
  readonly #starts: Uint32Array;
  /** Those with a name that are no functions, as indices of the starts. */
  readonly #named: Uint32Array;
  readonly #types: Map<number, BtfType> = new Map();
  /** Functions are most of a kernel's names and seldom asked for, so that they have an index of their own. */
  #functionNames: NameIndex | undefined;
  #otherNames: NameIndex | undefined;

  /** Indexes the types of `bytes`; {@linkcode parseBtf} is the way in. */
  constructor(bytes: Uint8Array, base: Btf | undefined) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = parseHeader(view, base !== undefined);
    const words = typeWords(view, header);
    const { starts, named } = indexTypes(words, header.typesStart);
    this.#starts = starts;
    this.#named = named;
    this.bytes = bytes;
    this.byteOrder = header.littleEndian ? "little" : "big";
    this.base = base;
    this.firstId = base?.count ?? 1;
    this.count = this.firstId + this.#starts.length;
    const strings = new Strings(bytes, view, header, base === undefined ? undefined : base.#source.strings);
    this.stringsLength = strings.length;
    this.#source = { words, typesStart: header.typesStart, strings, count: this.count };
  }

  /**
   * The type with an id.
   *
   * @throws {BtfError} There is no such type, or its record is malformed.
   */
  type(id: number): BtfType {
    if (id === 0) return VOID;
    if (id < this.firstId && this.base !== undefined) return this.base.type(id);
    let type = this.#types.get(id);
    if (type === undefined) {
      type = readType(this.#source, id, this.#startOf(id));
      this.#types.set(id, type);
    }
    return type;
  }

  /**
   * The kind of the type with an id, without reading the rest of it.
   *
   * @throws {BtfError} There is no such type.
   */
  kindOf(id: number): BtfKind {
    if (id === 0) return "void";
    if (id < this.firstId && this.base !== undefined) return this.base.kindOf(id);
    return KINDS[kindOfInfo(this.#source.words[this.#startOf(id) + 1] ?? 0)] ?? "void";
  }

  /**
   * The name of the type with an id, without reading the rest of it; empty where it is anonymous.
   *
   * @throws {BtfError} There is no such type, or its name is not in the string section.
   */
  nameOf(id: number): string {
    if (id === 0) return "";
    if (id < this.firstId && this.base !== undefined) return this.base.nameOf(id);
    return this.stringAt(this.#source.words[this.#startOf(id)] ?? 0);
  }

  /** The string section, without that of the base. */
  get stringSection(): Uint8Array {
    return this.#source.strings.section;
  }

  /**
   * The string at an offset of the string section, in bytes, as records of `.BTF.ext` give it.
   *
   * @throws {BtfError} The offset is beyond the section.
   */
  stringAt(offset: number): string {
    return this.#source.strings.text(offset);
  }

  /**
   * The first type with a name and kind, one of the base before an own one.
   *
   * @example
   * ```ts
   * import type { Btf } from "@waggle/ebpf/btf";
   *
   * declare const kernel: Btf;
   * kernel.find("task_struct", "struct")?.size;
   * ```
   */
  find<K extends BtfKind>(name: string, kind: K): BtfOfKind<K> | undefined {
    const ids = kind === "function" ? this.#functionsNamed(name) : this.#othersNamed(name, false);
    for (const id of ids) {
      if (this.kindOf(id) === kind) return this.type(id) as BtfOfKind<K>;
    }
    return undefined;
  }

  /** The ids of all types with exactly this name, of whatever kind, in ascending order. */
  idsNamed(name: string): number[] {
    return [...this.#othersNamed(name, false), ...this.#functionsNamed(name)].sort((a, b) => a - b);
  }

  /**
   * The ids of all types but functions that have this name without their CO-RE flavour, in ascending order: the
   * candidates of a relocation. See {@linkcode essentialName}.
   */
  idsOfEssentialName(essential: string): number[] {
    return this.#othersNamed(essential, true);
  }

  /**
   * The own types in order of their ids, without `void` and those of the base.
   *
   * Reads and keeps them all, which takes tens of megabytes for a kernel: go over the ids with
   * {@linkcode Btf.kindOf} and {@linkcode Btf.nameOf} there.
   */
  *types(): Generator<BtfType, void, undefined> {
    for (let id = this.firstId; id < this.count; id++) yield this.type(id);
  }

  /**
   * Where the record (`struct btf_type`) of an own type starts, in bytes from the start of
   * {@linkcode Btf.bytes}.
   *
   * @throws {BtfError} The id is not that of an own type.
   */
  recordOffset(id: number): number {
    return this.#source.typesStart + this.#startOf(id) * 4;
  }

  #startOf(id: number): number {
    const start = this.#starts[id - this.firstId];
    if (start === undefined) {
      throw new BtfError(`Cannot find BTF type ${id}: ids go from ${this.firstId} to ${this.count - 1}`);
    }
    return start;
  }

  #functionsNamed(name: string): number[] {
    const ids = this.base === undefined ? [] : this.base.#functionsNamed(name);
    this.#functionNames ??= this.#indexNames(this.#functions());
    return this.#functionNames.find(name, false, ids);
  }

  #othersNamed(name: string, essential: boolean): number[] {
    const ids = this.base === undefined ? [] : this.base.#othersNamed(name, essential);
    this.#otherNames ??= this.#indexNames(this.#named);
    return this.#otherNames.find(name, essential, ids);
  }

  #functions(): Uint32Array {
    const { words } = this.#source;
    const starts = this.#starts;
    const functions = new Uint32Array(starts.length);
    let count = 0;
    for (let i = 0; i < starts.length; i++) {
      if (kindOfInfo(words[(starts[i] ?? 0) + 1] ?? 0) === KIND_FUNCTION) functions[count++] = i;
    }
    return functions.subarray(0, count);
  }

  #indexNames(named: Uint32Array): NameIndex {
    const { words, strings } = this.#source;
    return new NameIndex({ strings, words, starts: this.#starts, firstId: this.firstId }, named);
  }
}
