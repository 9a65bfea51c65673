/**
 * Queues and stacks.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { type SharedSpec, type SharedUse, type StoredType, typeOf } from "../lang/mod.ts";
import { type BpfMap, queue as queueKind, type QueueMap, stack as stackKind } from "../map/core.ts";
import { type KeyedOptions, MOST_KEYS } from "./_aggregate.ts";
import { SideMaps } from "./_side_maps.ts";
import { type KernelValue, LateMap, Shared } from "./shared.ts";

/** A queue or stack inside of a kernel function. */
export interface KernelQueue<V> {
  /** Puts a value in. Where there is no room, it is left out. */
  push(value: KernelValue<V>): void;
  /** Takes the next value out; `undefined` where there is none. Of numbers. */
  pop(): KernelValue<V> | undefined;
  /** The next value, which stays; `undefined` where there is none. Of numbers. */
  peek(): KernelValue<V> | undefined;
}

/**
 * Values that kernel functions and the script put in and take out: in the order in which they came, or the last one first.
 *
 * @typeParam V A value.
 */
export class SharedQueue<V = number> extends Shared<KernelQueue<V>> {
  readonly #kind: typeof queueKind | typeof stackKind;
  readonly #value: Codec<V> | undefined;
  readonly #maxEntries: number;
  readonly #late: LateMap<QueueMap<V>> = new LateMap("the queue");
  readonly #sides: SideMaps = new SideMaps("the queue");
  #learned: StoredType | undefined;

  /** Made by {@linkcode queue} and {@linkcode stack}. */
  constructor(
    kind: typeof queueKind | typeof stackKind,
    value: Codec<V> | undefined,
    { maxEntries = MOST_KEYS }: KeyedOptions,
  ) {
    super();
    this.#kind = kind;
    this.#value = value;
    this.#maxEntries = maxEntries;
  }

  /**
   * Puts a value in.
   *
   * @throws {MapFullError} There is no room.
   */
  push(value: V): this {
    this.#map.push(value);
    return this;
  }

  /** Takes the next value out; `undefined` where there is none. */
  pop(): V | undefined {
    return this.#map.pop();
  }

  /** The next value, which stays; `undefined` where there is none. */
  peek(): V | undefined {
    return this.#map.peek();
  }

  /** Takes values out one by one until there are none. */
  drain(): Generator<V, void, void> {
    return this.#map.drain();
  }

  /** How many values of kernel functions found no room. */
  get lost(): number {
    return this.#sides.lost;
  }

  get #map(): QueueMap<V> {
    const value = this.#value;
    return this.#late.map ??
      (value ? this.#late.open(() => this.#create("queue", value)) : this.#late.opened);
  }

  #create(name: string, value: Codec<V>): QueueMap<V> {
    return this.create(this.#kind(value), { name, maxEntries: this.#maxEntries });
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "queue", value: this.#value ? typeOf(this.#value) : this.#learned };
  }

  /** @ignore */
  override open(name: string, { value }: SharedUse): Readonly<Record<string, BpfMap>> {
    this.#learned ??= value;
    const map = this.#late.open(() => {
      if (!value) {
        throw new TypeError(`Cannot create queue "${name}": nothing says what it holds: queue(u32)`);
      }
      return this.#create(name, this.#value ?? this.#sides.codecOf(value) as Codec<V>);
    });
    return { [name]: map, ...this.#sides.open(name, [value], this.create) };
  }

  /** Closes the map. */
  override close(): void {
    this.#late.close();
    this.#sides[Symbol.dispose]();
  }
}

/**
 * Makes a queue for kernel functions and the script (`BPF_MAP_TYPE_QUEUE`): first in, first out. What its values are, a codec says,
 * or the first kernel function that puts one in.
 *
 * @example
 * ```ts
 * import { u32 } from "@waggle/ebpf";
 * import { queue } from "@waggle/ebpf/trace";
 *
 * const freePorts = queue(u32);
 * ```
 */
export function queue<V = number>(value?: Codec<V>, options: KeyedOptions = {}): SharedQueue<V> {
  return new SharedQueue(queueKind, value, options);
}

/** Makes a stack for kernel functions and the script (`BPF_MAP_TYPE_STACK`): last in, first out. Otherwise as {@linkcode queue}. */
export function stack<V = number>(value?: Codec<V>, options: KeyedOptions = {}): SharedQueue<V> {
  return new SharedQueue(stackKind, value, options);
}
