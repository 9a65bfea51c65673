/**
 * Arrays.
 *
 * @module
 */
import { type Codec, u53 } from "../codec/mod.ts";
import { type SharedSpec, type StoredType, typeOf } from "../lang/mod.ts";
import {
  array as arrayKind,
  type ArrayMap,
  type BpfMap,
  type LookupOptions,
  type MapKind,
  perCpuArray as perCpuKind,
} from "../map/core.ts";
import { lockedCodec, lockedRecord, withLocks } from "./_locks.ts";
import type { HashOptions } from "./hash.ts";
import { type KernelValue, LateMap, Shared } from "./shared.ts";

/** An array inside of a kernel function. */
export interface KernelArray<V> {
  /** The element at an index; `undefined` beyond the end. Fields of records are read and changed where they are. */
  get(index: number): KernelValue<V> | undefined;
  /** Sets the element at an index. */
  set(index: number, value: KernelValue<V>): void;
  /** Adds to the number at an index; 1 where no amount is given. Exact, whatever other CPUs do. */
  count(index: number, amount?: number): void;
  /** Changes a record while its lock is held, of an array with `locks`, see `locked()` of maps. */
  locked(index: number, change: (value: KernelValue<V>) => void): boolean;
}

/** Options of {@linkcode array}. */
export type ArrayOptions = Pick<HashOptions, "locks">;

/**
 * Elements by number that kernel functions and the script read and write; new ones are zero.
 *
 * @typeParam V An element inside of a kernel function.
 * @typeParam E An element of the script: what each CPU has, of an array by {@linkcode perCpuArray}.
 */
export class SharedArray<V, E = V> extends Shared<KernelArray<V>> implements Iterable<E> {
  /** How many elements there are. */
  readonly length: number;
  readonly #type: StoredType;
  readonly #kind: MapKind<ArrayMap<E>>;
  /** For reading and writing by the script. */
  readonly #lock: LookupOptions | undefined;
  readonly #late: LateMap<ArrayMap<E>> = new LateMap("the array");

  /** Made by {@linkcode array} and {@linkcode perCpuArray}. */
  constructor(
    length: number,
    value: Codec<V>,
    kind: MapKind<ArrayMap<E>>,
    { locks = false }: ArrayOptions = {},
  ) {
    super();
    this.#lock = locks ? { lock: true } : undefined;
    this.#type = locks ? lockedRecord(value) : typeOf(value);
    this.length = length;
    this.#kind = kind;
  }

  /**
   * The element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  get(index: number): E {
    return this.#open("array").get(index, this.#lock);
  }

  /**
   * Sets the element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  set(index: number, value: E): this {
    this.#open("array").set(index, value, this.#lock);
    return this;
  }

  /** The elements in order. */
  [Symbol.iterator](): Generator<E, void, void> {
    return this.#lock ? this.#lockedValues(this.#lock) : this.#open("array").values();
  }

  *#lockedValues(lock: LookupOptions): Generator<E, void, void> {
    const map = this.#open("array");
    for (let index = 0; index < this.length; index++) yield map.get(index, lock);
  }

  #open(name: string): ArrayMap<E> {
    return this.#late.open(() => this.create(this.#kind, { name, maxEntries: this.length }));
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "array", value: this.#type };
  }

  /** @ignore */
  override open(name: string): Readonly<Record<string, BpfMap>> {
    return { [name]: this.#open(name) };
  }

  /** Closes the map. */
  override close(): void {
    this.#late.close();
  }
}

/**
 * Makes an array for kernel functions and the script. Its elements are numbers where no codec is given.
 *
 * @example
 * ```ts
 * import { array } from "@waggle/ebpf/trace";
 *
 * const bySignal = array(65);
 * ```
 */
export function array(length: number): SharedArray<number>;
/** With elements of a type. */
export function array<V>(length: number, value: Codec<V>, options?: ArrayOptions): SharedArray<V>;
export function array(
  length: number,
  value: Codec<unknown> = u53,
  options: ArrayOptions = {},
): SharedArray<unknown> {
  if (!options.locks) return new SharedArray(length, value, arrayKind(value));
  const record = lockedRecord(value);
  const kind = withLocks(arrayKind(lockedCodec(value, record)), record);
  return new SharedArray(length, value, kind, options);
}

/**
 * Makes an array of which each CPU has its own, so that none waits for another: kernel functions read and write that of the CPU that
 * they run on. Its elements are numbers where no codec is given.
 */
export function perCpuArray(length: number): SharedArray<number, number[]>;
/** With elements of a type. */
export function perCpuArray<V>(length: number, value: Codec<V>): SharedArray<V, V[]>;
export function perCpuArray(length: number, value: Codec<unknown> = u53): SharedArray<unknown, unknown[]> {
  return new SharedArray(length, value, perCpuKind(value));
}
