import { type Btf, type BtfMember, sizeOf, skipModifiers } from "../btf/core.ts";
import type { MapSpec } from "../spec/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { ElfError } from "../errors.ts";
import type { ElfFile } from "./file.ts";
import type { Layout } from "./layout.ts";
import type { ObjectTypes } from "./types.ts";

/** A map, and where its variable is. */
export interface DefinedMap {
  readonly spec: MapSpec;
  /** The number of the section. */
  readonly section: number;
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** Of the variable, in bytes. */
  readonly size: number;
  /** Where in the variable the elements that the map starts with are written, in bytes. */
  readonly valuesOffset?: number;
}

/**
 * Reads the maps that the types of the variables in `.maps` define, in the order of the section.
 *
 * @throws {ElfError} A definition is not one that libbpf takes.
 */
export function readMaps(file: ElfFile, layout: Layout, types: ObjectTypes | undefined): DefinedMap[] {
  const section = layout.named.get(".maps");
  if (section === undefined) return [];
  const variables = types?.btf.find(".maps", "section");
  if (types === undefined || variables === undefined) {
    throw file.error('section ".maps" needs BTF, which the object has not: compile with -g', section.offset);
  }
  const { btf, tags } = types;
  return variables.entries.map(({ typeId, offset, size }) => {
    const variable = btf.type(typeId);
    if (variable.kind !== "variable") throw file.error(`type ${typeId} in ".maps" is no variable`);
    if (variable.linkage !== "global") {
      throw file.error(`map "${variable.name}" is static: declare it without "static"`);
    }
    if (offset + size > section.size) throw file.error(`map "${variable.name}" is outside of ".maps"`);
    const definition = skipModifiers(btf, variable.typeId);
    if (definition.kind !== "struct") throw file.error(`map "${variable.name}" is no struct`);
    const values = definition.members.find(({ name }) => name === "values");
    const spec = new MapReader(file, btf, variable.name, false).read(definition.members);
    return {
      spec: { ...spec, ...taggedWith(tags.get(typeId)) },
      section: section.index,
      offset,
      size,
      ...(values === undefined ? {} : { valuesOffset: values.bitOffset / 8 }),
    };
  });
}

/** The property of decl tags, where there are any. */
export function taggedWith(tags: readonly string[] | undefined): { readonly tags?: readonly string[] } {
  return tags === undefined ? {} : { tags };
}

/** Reads one definition (`parse_btf_map_def` of `libbpf.c`). */
class MapReader {
  readonly #file: ElfFile;
  readonly #btf: Btf;
  readonly #name: string;
  /** Whether it is what the elements of a map are like. */
  readonly #inner: boolean;

  constructor(file: ElfFile, btf: Btf, name: string, inner: boolean) {
    this.#file = file;
    this.#btf = btf;
    this.#name = name;
    this.#inner = inner;
  }

  read(members: readonly BtfMember[]): MapSpec {
    const numbers = new Map<string, bigint>();
    const types = new Map<string, number>();
    let inner: MapSpec | undefined;
    for (const [index, member] of members.entries()) {
      switch (member.name) {
        case "type":
        case "max_entries":
        case "map_flags":
        case "numa_node":
        case "key_size":
        case "value_size":
        case "pinning":
        case "map_extra":
          numbers.set(member.name, this.#number(member));
          break;
        case "key":
        case "value":
          types.set(member.name, this.#type(member));
          break;
        case "values":
          if (index < members.length - 1) throw this.#error('has attributes after "values"');
          inner = this.#values(member, Number(numbers.get("type") ?? 0));
          if (Number(numbers.get("value_size") ?? 4) !== 4) {
            throw this.#error(`has a value_size of ${numbers.get("value_size")}, not 4`);
          }
          numbers.set("value_size", 4n);
          break;
        default:
          throw this.#error(`has an attribute "${member.name}", which no map has`);
      }
    }

    const number = (attribute: string) => Number(numbers.get(attribute) ?? 0);
    const type = number("type");
    if (type === BPF_MAP_TYPE.UNSPEC) throw this.#error('has no attribute "type"');
    if (this.#inner && numbers.has("pinning")) {
      throw this.#error("is inside another map and cannot be pinned");
    }
    if (number("pinning") > 1) {
      throw this.#error(`has the attribute "pinning" of ${number("pinning")}, not 0 or 1`);
    }
    const sizes = kernelSizes(type) ?? {
      keySize: this.#size("key", numbers, types),
      valueSize: this.#size("value", numbers, types),
    };
    return {
      name: this.#name,
      type,
      ...sizes,
      maxEntries: maxEntries(type, number("max_entries")),
      flags: number("map_flags"),
      mapExtra: numbers.get("map_extra") ?? 0n,
      ...(numbers.has("numa_node") ? { numaNode: number("numa_node") } : {}),
      pinning: number("pinning") === 1 ? "byName" : "none",
      keyTypeId: types.get("key") ?? 0,
      valueTypeId: types.get("value") ?? 0,
      frozen: false,
      autocreate: true,
      ...(inner === undefined ? {} : { inner }),
    };
  }

  /** A number is the length of an array that is pointed to (`__uint`), or an enumerator (`__ulong`). */
  #number(member: BtfMember): bigint {
    const type = skipModifiers(this.#btf, member.typeId);
    if (type.kind === "pointer") {
      const array = this.#btf.type(type.typeId);
      if (array.kind === "array") return BigInt(array.length);
    }
    const value = type.kind === "enum" && member.name === "map_extra" ? type.values[0]?.value : undefined;
    if (value === undefined) {
      throw this.#error(`has the attribute "${member.name}" in a form that is no number`);
    }
    return BigInt.asUintN(64, value);
  }

  /** A type is that of what is pointed to (`__type`). */
  #type(member: BtfMember): number {
    const pointer = this.#btf.type(member.typeId);
    if (pointer.kind !== "pointer") {
      throw this.#error(`has the attribute "${member.name}" in a form that is no type`);
    }
    return pointer.typeId;
  }

  /** The size given by type, number or both; of a type without a name that is all that the kernel gets to know. */
  #size(
    what: "key" | "value",
    numbers: ReadonlyMap<string, bigint>,
    types: ReadonlyMap<string, number>,
  ): number {
    const given = numbers.get(`${what}_size`);
    const typeId = types.get(what);
    if (typeId === undefined) return Number(given ?? 0n);
    const size = sizeOf(this.#btf, typeId);
    if (given && Number(given) !== size) {
      throw this.#error(`has a ${what} of ${size} bytes and a ${what}_size of ${given}`);
    }
    return size;
  }

  /** What the attribute `values` says about the elements: of maps a definition, of programs nothing. */
  #values(member: BtfMember, type: number): MapSpec | undefined {
    const array = this.#btf.type(member.typeId);
    const pointer = array.kind === "array" && array.length === 0
      ? skipModifiers(this.#btf, array.typeId)
      : undefined;
    const element = pointer?.kind === "pointer" ? skipModifiers(this.#btf, pointer.typeId) : undefined;
    switch (type) {
      case BPF_MAP_TYPE.PROG_ARRAY:
        if (element?.kind !== "prototype") throw this.#error('has the attribute "values" of no functions');
        return undefined;
      case BPF_MAP_TYPE.ARRAY_OF_MAPS:
      case BPF_MAP_TYPE.HASH_OF_MAPS:
        if (this.#inner) throw this.#error("is inside another map and holds maps itself");
        if (element?.kind !== "struct") throw this.#error('has the attribute "values" of no maps');
        return new MapReader(this.#file, this.#btf, `${this.#name}.inner`, true).read(element.members);
      default:
        throw this.#error('has an attribute "values", which only arrays of programs and of maps have');
    }
  }

  #error(state: string): ElfError {
    return this.#file.error(`map "${this.#name}" ${state}`);
  }
}

/**
 * The sizes that the kernel demands of maps whose elements are not what is declared: a ring buffer has none, and
 * a perf event array has descriptors. The declared types are those of the events.
 */
export function kernelSizes(
  type: number,
): { readonly keySize: number; readonly valueSize: number } | undefined {
  switch (type) {
    case BPF_MAP_TYPE.RINGBUF:
    case BPF_MAP_TYPE.USER_RINGBUF:
      return { keySize: 0, valueSize: 0 };
    case BPF_MAP_TYPE.PERF_EVENT_ARRAY:
      return { keySize: 4, valueSize: 4 };
    default:
      return undefined;
  }
}

/** The smallest page of any kernel, in bytes, which those of rings are counted in. */
const PAGE = 4096;

/** Rings have a power of two of pages: libbpf rounds other sizes up (`adjust_ringbuf_sz`). */
function maxEntries(type: number, declared: number): number {
  const isRing = type === BPF_MAP_TYPE.RINGBUF || type === BPF_MAP_TYPE.USER_RINGBUF;
  return isRing && declared > 0 ? Math.max(2 ** Math.ceil(Math.log2(declared)), PAGE) : declared;
}
