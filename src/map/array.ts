/**
 * Arrays.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { Elements, lookupFlags, type LookupOptions, updateFlags, type UpdateOptions } from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import { indexKey } from "./index_key.ts";
import type { BatchOptions } from "./keyed.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";
import { MapMemory } from "./memory.ts";
import { watch, type WatchOptions } from "./watch.ts";

/**
 * An array whose elements always exist; new ones are all zeroes.
 *
 * @typeParam V An element; in per-CPU arrays an array with one value for each possible CPU.
 */
export class ArrayMap<V> extends BpfMap implements Iterable<V> {
  /** The elements. */
  protected readonly elements: Elements<number, V>;
  /** The number of elements. */
  readonly length: number;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.length = handle.facts.maxEntries;
    this.elements = new Elements(handle, indexKey(handle), value);
  }

  /**
   * The element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  get(index: number, options?: Pick<LookupOptions, "lock">): V {
    return this.elements.get(index, lookupFlags(options)) as V;
  }

  /**
   * Sets the element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  set(index: number, value: V, options?: Pick<UpdateOptions, "lock">): this {
    this.elements.set(index, value, updateFlags(options));
    return this;
  }

  /** Sets many elements, with one system call for hundreds where the kernel can (Linux 5.6). Returns how many. */
  setAll(entries: Iterable<readonly [number, V]>, options?: Pick<UpdateOptions, "lock">): number {
    return this.elements.setAll(entries, updateFlags(options));
  }

  /** The indices in order. */
  keys(): Generator<number, void, void> {
    return this.elements.keys();
  }

  /** The elements in order. */
  values(): Generator<V, void, void> {
    return this.elements.values();
  }

  /** Indices and elements in order. */
  entries(): Generator<[number, V], void, void> {
    return this.elements.entries();
  }

  /** The elements in order. */
  [Symbol.iterator](): Generator<V, void, void> {
    return this.elements.values();
  }

  /** Indices and elements in parts, each by one system call where the kernel can. */
  batches(options: BatchOptions = {}): Generator<[number, V][], void, void> {
    return this.elements.batches(options);
  }

  /** All elements now, and again and again. */
  watch(options: WatchOptions): AsyncIterableIterator<V[]> {
    return watch(this.descriptor, () => [...this], options);
  }
}

/**
 * An array with one value an element, which can be mapped into memory.
 *
 * @typeParam V An element.
 */
export class PlainArrayMap<V> extends ArrayMap<V> {
  /**
   * The elements in memory, shared with the running programs: neither side makes a system call. The map must have been
   * created with the flag `mmapable`. Read-only where the map is. Closed by itself. Since Linux 5.5.
   *
   * @throws {NotSupportedError} The map was created without the flag.
   * @throws {PermissionError} The map was opened for reading alone.
   */
  memory(): MapMemory<V> {
    return new MapMemory(this.descriptor, this.facts, this.elements.value);
  }
}

/** Arrays (`BPF_MAP_TYPE_ARRAY`). Since Linux 3.19. */
export function array<V>(value: Codec<V>): MapKind<PlainArrayMap<V>>;
/** Arrays that exist, with elements as their BTF has them. */
export function array(): MapKind<PlainArrayMap<UntypedValue>>;
export function array<V>(value?: Codec<V>): MapKind<PlainArrayMap<V>> {
  return {
    types: ["array"],
    keySize: 4,
    valueSize: value?.size,
    value,
    open: (handle) => new PlainArrayMap(handle, handle.value(value)),
  };
}
