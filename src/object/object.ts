/**
 * A loaded object.
 *
 * @module
 */
import type { BtfValue } from "../btf/core.ts";
import type { Codec } from "../codec/mod.ts";
import { NotFoundError, type WaggleError } from "../errors.ts";
import { closest } from "../kernel/mod.ts";
import type { Attachment, Link } from "../link/mod.ts";
import { type BpfMap, type MapKind, type MapTypes, useMap } from "../map/mod.ts";
import type { ObjectSpec } from "../spec/mod.ts";
import { readinessClosed } from "../sys/mod.ts";
import type { ObjectProgram } from "./program.ts";
import { attachStruct } from "./struct_ops.ts";
import { checkedCodec, SectionMemory, sectionOf, Variable, variableCodec } from "./variables.ts";

/** The maps of a loaded object, by the names in its source. */
export class ObjectMaps implements Iterable<BpfMap> {
  readonly #object: string;
  readonly #spec: ObjectSpec;
  readonly #maps: ReadonlyMap<string, BpfMap>;
  readonly #used: BpfMap[] = [];

  /** The maps of the object of that name. */
  constructor(object: string, spec: ObjectSpec, maps: ReadonlyMap<string, BpfMap>) {
    this.#object = object;
    this.#spec = spec;
    this.#maps = maps;
  }

  /** A map, to be described or pinned. */
  get(name: string): BpfMap;
  /**
   * A map, to be used as one of this kind. It is closed with the object; closing it by itself closes the object's.
   *
   * Kinds without codecs (`hash()`, `array()`) have keys and values as the object's BTF has them.
   *
   * @throws {NotFoundError} The object has no such map.
   * @throws {LayoutError} The map's type or sizes are others, or the object's BTF has a field in another place.
   */
  get<M extends BpfMap>(name: string, kind: MapKind<M>): M;
  get<M extends BpfMap>(name: string, kind?: MapKind<M>): BpfMap {
    const map = found("map", name, this.#maps, this.#object);
    if (!kind) return map;
    const used = useMap(map.descriptor, kind, { name, pin: map.pinPath, types: this.#typesOf(name) });
    this.#used.push(used);
    return used;
  }

  /** What the source says of keys and values; more than the kernel keeps, which wants no types for many maps. */
  #typesOf(name: string): MapTypes | undefined {
    const { btf, maps } = this.#spec;
    const spec = maps.find((map) => map.name === name);
    if (!btf || !spec || spec.contents || spec.structOps) return undefined;
    return { btf, keyTypeId: spec.keyTypeId, valueTypeId: spec.valueTypeId };
  }

  /** The names of all maps, data sections among them: `.rodata`. */
  names(): string[] {
    return [...this.#maps.keys()];
  }

  /** All maps. */
  [Symbol.iterator](): Iterator<BpfMap> {
    return this.#maps.values();
  }

  /** Closes all maps. */
  close(): void {
    for (const map of [...this.#used, ...this.#maps.values()]) map.close();
  }
}

/** The programs of a loaded object, by the names of their functions. */
export class ObjectPrograms implements Iterable<ObjectProgram> {
  readonly #object: string;
  readonly #programs: ReadonlyMap<string, ObjectProgram>;

  /** The programs of the object of that name. */
  constructor(object: string, programs: ReadonlyMap<string, ObjectProgram>) {
    this.#object = object;
    this.#programs = programs;
  }

  /**
   * A program.
   *
   * @throws {NotFoundError} The object has no such program, or it was not loaded.
   */
  get(name: string): ObjectProgram {
    return found("program", name, this.#programs, this.#object);
  }

  /** The names of all programs. */
  names(): string[] {
    return [...this.#programs.keys()];
  }

  /** All programs. */
  [Symbol.iterator](): Iterator<ObjectProgram> {
    return this.#programs.values();
  }

  /** Closes all programs. */
  close(): void {
    for (const program of this) program.close();
  }
}

/** The global variables of a loaded object, by the names in its source. Static and hidden ones are not among them. */
export class ObjectVariables {
  readonly #object: string;
  readonly #spec: ObjectSpec;
  readonly #maps: ReadonlyMap<string, BpfMap>;
  readonly #memories = new Map<string, SectionMemory>();

  /** The variables that the maps of an object hold. */
  constructor(object: string, spec: ObjectSpec, maps: ReadonlyMap<string, BpfMap>) {
    this.#object = object;
    this.#spec = spec;
    this.#maps = maps;
  }

  /** A variable, read and written by its type in the object. */
  get(name: string): Variable<BtfValue>;
  /**
   * A variable, read and written by a codec.
   *
   * @throws {NotFoundError} The object has no such variable.
   * @throws {LayoutError} The codec has another size, or a field in another place.
   */
  get<T>(name: string, codec: Codec<T>): Variable<T>;
  get(name: string, codec?: Codec<unknown>): Variable<unknown> {
    const all = new Map(this.#spec.variables.map((variable) => [variable.name, variable]));
    const variable = found("variable", name, all, this.#object);
    const used = codec ? checkedCodec(variable, this.#spec, codec) : variableCodec(variable, this.#spec);
    return new Variable(name, used, () => this.#memory(variable.section), variable.offset);
  }

  /** The names of all variables. */
  names(): string[] {
    return this.#spec.variables.map(({ name }) => name);
  }

  /** Unmaps the memory of the variables. */
  close(): void {
    for (const memory of this.#memories.values()) memory[Symbol.dispose]();
  }

  #memory(section: string): SectionMemory {
    const known = this.#memories.get(section);
    if (known) return known;
    const specs = new Map(this.#spec.maps.map((map) => [sectionOf(map), map]));
    const spec = found("section", section, specs, this.#object);
    const memory = new SectionMemory(found("map", spec.name, this.#maps, this.#object), spec);
    this.#memories.set(section, memory);
    return memory;
  }
}

/** What {@linkcode BpfObject} is made of. */
export interface ObjectParts {
  /** By name. */
  readonly maps: ReadonlyMap<string, BpfMap>;
  /** By name. */
  readonly programs: ReadonlyMap<string, ObjectProgram>;
  /** Why programs were left out, by their names. */
  readonly refused: ReadonlyMap<string, WaggleError>;
  /** What struct_ops maps register with the kernel, by their names. */
  readonly structs: ReadonlyMap<string, Uint8Array>;
}

/** Options of {@linkcode BpfObject.attachStructOps}. */
export interface StructOpsOptions {
  /** Puts the struct in the place of the one that this link has registered, and returns the link. Since Linux 6.4. */
  readonly replace?: Link;
}

/** An object file in the kernel. Owns its maps and programs; links are owned by whoever made them. */
export class BpfObject implements AsyncDisposable {
  /** The file's name without its ending. */
  readonly name: string;
  /** What it was loaded from, with the programs that were left out. */
  readonly spec: ObjectSpec;
  /** All maps. */
  readonly maps: ObjectMaps;
  /** All programs. */
  readonly programs: ObjectPrograms;
  /** Global variables. */
  readonly variables: ObjectVariables;
  /** Why programs were left out, by their names, where the options allow it. */
  readonly refused: ReadonlyMap<string, WaggleError>;
  readonly #structs: ReadonlyMap<string, Uint8Array>;

  /** Takes the maps and programs over. */
  constructor(name: string, spec: ObjectSpec, { maps, programs, refused, structs }: ObjectParts) {
    this.name = name;
    this.spec = spec;
    this.#structs = structs;
    this.maps = new ObjectMaps(name, spec, maps);
    this.programs = new ObjectPrograms(name, programs);
    this.variables = new ObjectVariables(name, spec, maps);
    this.refused = refused;
  }

  /** The names of the structs that {@linkcode BpfObject.attachStructOps} registers. */
  structs(): string[] {
    return [...this.#structs.keys()];
  }

  /**
   * Registers a struct whose functions programs of the object implement (struct_ops), until the result is closed: a
   * {@linkcode Link} for those of the section `.struct_ops.link`.
   *
   * @param name The variable of the section `.struct_ops` or `.struct_ops.link`; the latter since Linux 6.4.
   *
   * @example Another congestion control of the same name, without a moment in which there is none
   * ```ts ignore
   * import { type Link, load } from "@waggle/ebpf";
   *
   * await using object = await load("congestion.bpf.o");
   * using link = object.attachStructOps("first") as Link;
   * object.attachStructOps("second", { replace: link });
   * ```
   *
   * @throws {NotFoundError} The object has no such struct.
   * @throws {NotSupportedError} The kernel's subsystem puts no struct in the place of another.
   * @throws {TypeError} A struct without a link cannot take the place of another.
   * @throws {SyscallError} The kernel's subsystem refuses it.
   */
  attachStructOps(name: string, { replace }: StructOpsOptions = {}): Attachment {
    const value = found("struct", name, this.#structs, this.name);
    return attachStruct(this.maps.get(name), value, replace);
  }

  /** Closes all programs and maps, and ends the loops over their events. Links keep their programs alive. */
  close(): void {
    this.programs.close();
    this.variables.close();
    this.maps.close();
  }

  /** Closes all programs and maps, and waits until nothing of them is under way in the runtime. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return readinessClosed();
  }
}

function found<T>(kind: string, name: string, all: ReadonlyMap<string, T>, object: string): T {
  const one = all.get(name);
  if (one !== undefined) return one;
  const names = [...all.keys()];
  const hint = closest(name, names) || `: it has ${names.map((name) => `"${name}"`).join(", ") || "none"}`;
  throw new NotFoundError(
    `Cannot get ${kind} "${name}" of object "${object}": there is no such ${kind}${hint}`,
  );
}
