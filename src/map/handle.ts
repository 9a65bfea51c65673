/**
 * Maps on their way to the class that they are used by.
 *
 * @module
 */
import { type Btf, btfCodec } from "../btf/core.ts";
import { bytes, type Codec, LITTLE_ENDIAN, u32 } from "../codec/mod.ts";
import { PermissionError, SyscallError } from "../errors.ts";
import { btfOfId, possibleCpus } from "../kernel/mod.ts";
import { type BatchCommand, type BatchResult, type Descriptor, mapBatch, MapElement } from "../sys/mod.ts";
import { type MapFacts, readFacts } from "./info.ts";
import type { MapKind } from "./kind.ts";
import type { BpfMap } from "./map.ts";
import type { Records } from "./records.ts";

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

/** The buffers of one map's element commands, which return 0 or `-errno`: {@linkcode MapElement} and what stands in for it. */
export type ElementAccess = Pick<
  MapElement,
  "key" | "value" | "lookup" | "update" | "delete" | "take" | "nextKey"
>;

/** What a command for many elements is given, beside the map. */
export type BatchFields = Omit<Parameters<typeof mapBatch>[1], "map_fd">;

/** An open map together with the kind that it is used as: all that the classes of maps know of where the map is. */
export abstract class MapHandle {
  /** For messages. */
  readonly name: string;
  /** Where it was pinned when it was opened. */
  readonly pin: string | undefined;
  /** How it is used. */
  protected readonly kind: MapKind<BpfMap>;
  #types: MapTypes | undefined;

  /** A map of this kind. */
  constructor(kind: MapKind<BpfMap>, { name, pin, types }: MapOrigin) {
    this.name = name;
    this.pin = pin;
    this.kind = kind;
    this.#types = types;
  }

  /** The map, for system calls. */
  abstract get descriptor(): Descriptor;
  /** What never changes about the map. */
  abstract get facts(): MapFacts;
  /** How many values the elements of per-CPU maps have. */
  abstract get cpus(): number;
  /** Whether it was closed. */
  abstract get closed(): boolean;
  /** Buffers for commands on single elements, of these sizes in bytes. */
  abstract element(keySize: number, valueSize: number): ElementAccess;
  /** A command for many elements. Returns 0 or `-errno`, and how many it was done for. */
  abstract batch(command: BatchCommand, fields: BatchFields): BatchResult;
  /** The map once more, closed by itself; `pin` is where it is pinned. */
  abstract clone(pin: string | undefined): BpfMap;
  /** Closes the map. */
  abstract close(): void;

  /** Where the records of a ring are read, of one that is not the kernel's. */
  records(): Records | undefined {
    return undefined;
  }

  /** What is known of the map, for one more handle. */
  protected get origin(): MapOrigin {
    return { name: this.name, pin: this.pin, types: this.#types };
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

  #codec(typeId: number | undefined, size: number): Codec<unknown> {
    const types = this.types;
    const isValue = types && typeId && types.btf.kindOf(typeId) !== "section";
    return isValue ? btfCodec(types.btf, typeId) : bytes(size);
  }
}

/** A map of the kernel. */
export class KernelMapHandle extends MapHandle {
  /** The map. */
  override readonly descriptor: Descriptor;
  #facts: MapFacts | undefined;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, kind: MapKind<BpfMap>, origin: MapOrigin) {
    super(kind, origin);
    this.descriptor = descriptor;
  }

  /** What never changes about the map; read once. */
  override get facts(): MapFacts {
    return this.#facts ??= readFacts(this.descriptor);
  }

  /** As many as the machine may have. */
  override get cpus(): number {
    return possibleCpus();
  }

  /** Whether it was closed. */
  override get closed(): boolean {
    return this.descriptor.closed;
  }

  /** Buffers for system calls. */
  override element(keySize: number, valueSize: number): ElementAccess {
    return new MapElement(this.descriptor, keySize, valueSize);
  }

  /** A system call for many elements. */
  override batch(command: BatchCommand, fields: BatchFields): BatchResult {
    return mapBatch(command, { ...fields, map_fd: this.descriptor.fd });
  }

  /** The map once more, through a descriptor of its own. */
  override clone(pin: string | undefined): BpfMap {
    return this.kind.open(
      new KernelMapHandle(this.descriptor.clone(), this.kind, { ...this.origin, pin }),
    );
  }

  /** Closes the descriptor. */
  override close(): void {
    this.descriptor.close();
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
