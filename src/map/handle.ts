/**
 * Maps on their way to the class that they are used by.
 *
 * @module
 */
import { type Btf, btfCodec } from "../btf/core.ts";
import { bytes, type Codec, LITTLE_ENDIAN, u32 } from "../codec/mod.ts";
import { PermissionError, SyscallError } from "../errors.ts";
import { btfOfId } from "../kernel/mod.ts";
import type { Descriptor } from "../sys/mod.ts";
import { type MapFacts, readFacts } from "./info.ts";
import type { MapKind } from "./kind.ts";
import type { BpfMap } from "./map.ts";

/** What keys and values are, as types in BTF. */
export interface MapTypes {
  /** The BTF. */
  readonly btf: Btf;
  /** The type of a key; 0 where unknown. */
  readonly keyTypeId: number;
  /** The type of a value; 0 where unknown. */
  readonly valueTypeId: number;
}

/** What is known of a map that is opened. */
export interface MapOrigin {
  /** For messages. */
  readonly name: string;
  /** Where it is pinned. */
  readonly pin?: string | undefined;
  /** What its keys and values are; what the kernel says where absent. */
  readonly types?: MapTypes | undefined;
}

/** An open map together with the kind that it is used as. */
export class MapHandle {
  /** The map. */
  readonly descriptor: Descriptor;
  /** For messages. */
  readonly name: string;
  /** Where it was pinned when it was opened. */
  readonly pin: string | undefined;
  readonly #kind: MapKind<BpfMap>;
  readonly #origin: MapOrigin;
  #facts: MapFacts | undefined;
  #types: MapTypes | undefined;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, kind: MapKind<BpfMap>, origin: MapOrigin) {
    this.descriptor = descriptor;
    this.name = origin.name;
    this.pin = origin.pin;
    this.#kind = kind;
    this.#origin = origin;
    this.#types = origin.types;
  }

  /** What never changes about the map; read once. */
  get facts(): MapFacts {
    return this.#facts ??= readFacts(this.descriptor);
  }

  /** What keys and values are; `undefined` where nobody says so, or the process may not ask. */
  get types(): MapTypes | undefined {
    return this.#types ??= kernelTypes(this.facts);
  }

  /** The codec of keys: the given one, else one of the type in BTF, else the bytes. */
  key<K>(given: Codec<K> | undefined): Codec<K> {
    return given ?? this.#codec(this.types?.keyTypeId, this.facts.keySize) as Codec<K>;
  }

  /** The codec of values, in per-CPU maps of one CPU's: the given one, else one of the type in BTF, else the bytes. */
  value<V>(given: Codec<V> | undefined): Codec<V> {
    return given ?? this.#codec(this.types?.valueTypeId, this.facts.valueSize) as Codec<V>;
  }

  /** The map once more, through a descriptor of its own. */
  clone(pin: string | undefined): BpfMap {
    const origin = { ...this.#origin, types: this.#types, pin };
    return this.#kind.open(new MapHandle(this.descriptor.clone(), this.#kind, origin));
  }

  #codec(typeId: number | undefined, size: number): Codec<unknown> {
    const types = this.types;
    const isValue = types && typeId && types.btf.kindOf(typeId) !== "section";
    return isValue ? btfCodec(types.btf, typeId) : bytes(size);
  }
}

/** The types that the map was created with. */
function kernelTypes({ btfId, keyTypeId, valueTypeId }: MapFacts): MapTypes | undefined {
  if (btfId === 0 || valueTypeId === 0) return undefined;
  try {
    return { btf: btfOfId(btfId), keyTypeId, valueTypeId };
  } catch (error) {
    // Not permitted, or not there any more: the map can be used without
    if (error instanceof PermissionError || error instanceof SyscallError) return undefined;
    throw error;
  }
}

/** Indices of an array: like `u32`, but what is not in the array is a `RangeError`. */
export function indexKey({ name, facts: { maxEntries } }: MapHandle): Codec<number> {
  return {
    ...u32,
    write(view, at, index) {
      if (index >>> 0 !== index) {
        throw new RangeError(`Cannot access element ${index} of map "${name}": not an index`);
      }
      if (index >= maxEntries) {
        throw new RangeError(
          `Cannot access element ${index} of map "${name}": it has ${maxEntries} elements`,
        );
      }
      view.setUint32(at, index, LITTLE_ENDIAN);
    },
  };
}
