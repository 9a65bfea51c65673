/**
 * Arrays: plain and per CPU.
 *
 * @module
 */
import { type Codec, LITTLE_ENDIAN } from "../codec/mod.ts";
import { type Descriptor, ERRNO, MapElement } from "../sys/mod.ts";
import { elementError } from "./explain.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";
import { perCpu } from "./per_cpu.ts";

/**
 * An array whose elements always exist; new ones are all zeroes.
 *
 * @typeParam V A value; in per-CPU arrays an array with one value for each possible CPU.
 */
export class ArrayMap<V> extends BpfMap implements Iterable<V> {
  readonly #value: Codec<V>;
  readonly #element: MapElement;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, name: string, value: Codec<V>) {
    super(descriptor, name);
    this.#value = value;
    this.#element = new MapElement(descriptor, 4, value.size);
  }

  /** The number of elements. */
  get length(): number {
    return this.info.maxEntries;
  }

  /**
   * The element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  get(index: number): V {
    this.#seek(index);
    const result = this.#element.lookup();
    if (result < 0) throw this.#error("look up", index, result);
    return this.#value.read(this.#element.value, 0);
  }

  /**
   * Sets the element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  set(index: number, value: V): this {
    this.#seek(index);
    this.#value.write(this.#element.value, 0, value);
    const result = this.#element.update();
    if (result < 0) throw this.#error("set", index, result);
    return this;
  }

  /** The elements in order. */
  *[Symbol.iterator](): Generator<V, void, void> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }

  #seek(index: number): void {
    if (index >>> 0 !== index) {
      throw new RangeError(`Cannot access element ${index} of map "${this.name}": not an index`);
    }
    this.#element.key.setUint32(0, index, LITTLE_ENDIAN);
  }

  #error(verb: string, index: number, result: number): Error {
    if (result !== -ERRNO.ENOENT && result !== -ERRNO.E2BIG) return elementError(verb, this.name, result);
    return new RangeError(
      `Cannot access element ${index} of map "${this.name}": it has ${this.length} elements`,
    );
  }
}

/** Arrays (`BPF_MAP_TYPE_ARRAY`). Since Linux 3.19. */
export function array<V>(value: Codec<V>): MapKind<ArrayMap<V>> {
  return kind(["array"], value.size, () => value);
}

/** Arrays with a value for each CPU (`BPF_MAP_TYPE_PERCPU_ARRAY`). Since Linux 4.6. */
export function perCpuArray<V>(value: Codec<V>): MapKind<ArrayMap<V[]>> {
  return kind(["percpu_array"], value.size, () => perCpu(value));
}

function kind<V>(
  types: MapKind<ArrayMap<V>>["types"],
  valueSize: number,
  value: () => Codec<V>,
): MapKind<ArrayMap<V>> {
  return {
    types,
    keySize: 4,
    valueSize,
    open: (descriptor, name) => new ArrayMap(descriptor, name, value()),
  };
}
