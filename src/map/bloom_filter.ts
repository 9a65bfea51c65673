/**
 * Bloom filters.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { elementError, encodeFor } from "./explain.ts";
import type { ElementAccess, MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";

/**
 * A set that may take a value for a member that is none, and never the other way round. Members stay for good.
 *
 * @typeParam V A value.
 */
export class BloomFilter<V> extends BpfMap {
  readonly #value: Codec<V>;
  readonly #element: ElementAccess;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.#value = value;
    this.#element = handle.element(0, value.size);
  }

  /** Makes a value a member. */
  add(value: V): this {
    encodeFor(this.name, "value", this.#value, this.#element.value, 0, value);
    const result = this.#element.update();
    if (result < 0) throw elementError("add", this.name, result);
    return this;
  }

  /** Whether a value may be a member; false is certain. */
  has(value: V): boolean {
    encodeFor(this.name, "value", this.#value, this.#element.value, 0, value);
    const result = this.#element.lookup();
    if (result !== 0 && result !== -ERRNO.ENOENT) throw elementError("look up", this.name, result);
    return result === 0;
  }
}

/** Options of {@linkcode bloomFilter}. */
export interface BloomFilterOptions {
  /** How many hash functions a new filter has, from 1 to 15; 5 by default. */
  readonly hashes?: number;
}

/**
 * Bloom filters (`BPF_MAP_TYPE_BLOOM_FILTER`) for about as many members as the map has entries. Since Linux 5.16.
 *
 * @throws {RangeError} There are no so many hash functions.
 */
export function bloomFilter<V>(value: Codec<V>, options?: BloomFilterOptions): MapKind<BloomFilter<V>>;
/** Bloom filters that exist, with values as their BTF has them. */
export function bloomFilter(): MapKind<BloomFilter<UntypedValue>>;
export function bloomFilter<V>(
  value?: Codec<V>,
  { hashes = 5 }: BloomFilterOptions = {},
): MapKind<BloomFilter<V>> {
  if (!(Number.isInteger(hashes) && hashes >= 1 && hashes <= 15)) {
    throw new RangeError(`Cannot use a Bloom filter of ${hashes} hash functions: it takes 1 to 15`);
  }
  return {
    types: ["bloom_filter"],
    keySize: 0,
    valueSize: value?.size,
    value,
    creation: { extra: BigInt(hashes) },
    open: (handle) => new BloomFilter(handle, handle.value(value)),
  };
}
