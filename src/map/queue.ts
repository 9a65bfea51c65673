/**
 * Queues and stacks.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { updateFlags } from "./elements.ts";
import { elementError, encodeFor } from "./explain.ts";
import type { ElementAccess, MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";

/** Options of {@linkcode QueueMap.push}. */
export interface PushOptions {
  /** Whether a value that is there makes room where the map is full: the oldest one. */
  readonly replace?: boolean;
}

/**
 * Values that leave in the order in which they came, or in a stack the last one first.
 *
 * @typeParam V A value.
 */
export class QueueMap<V> extends BpfMap {
  readonly #value: Codec<V>;
  readonly #element: ElementAccess;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.#value = value;
    this.#element = handle.element(0, value.size);
  }

  /**
   * Puts a value in.
   *
   * @throws {MapFullError} There is no room, and `replace` is not set.
   */
  push(value: V, { replace = false }: PushOptions = {}): this {
    encodeFor(this.name, "value", this.#value, this.#element.value, 0, value);
    const result = this.#element.update(updateFlags(replace ? { mode: "exist" } : undefined));
    if (result < 0) throw elementError("push", this.name, result);
    return this;
  }

  /** Takes the next value out; `undefined` where there is none. */
  pop(): V | undefined {
    return this.#found(this.#element.take(), "pop");
  }

  /** The next value, which stays; `undefined` where there is none. */
  peek(): V | undefined {
    return this.#found(this.#element.lookup(), "peek at");
  }

  /** Takes values out one by one until there are none. */
  *drain(): Generator<V, void, void> {
    for (let value = this.pop(); value !== undefined; value = this.pop()) yield value;
  }

  #found(result: number, verb: string): V | undefined {
    if (result === 0) return this.#value.read(this.#element.value, 0);
    if (result === -ERRNO.ENOENT) return undefined;
    throw elementError(verb, this.name, result);
  }
}

/** Queues (`BPF_MAP_TYPE_QUEUE`): first in, first out. Since Linux 4.20. */
export function queue<V>(value: Codec<V>): MapKind<QueueMap<V>>;
/** Queues that exist, with values of bytes: the kernel keeps no BTF for them. */
export function queue(): MapKind<QueueMap<UntypedValue>>;
export function queue<V>(value?: Codec<V>): MapKind<QueueMap<V>> {
  return queueKind("queue", value);
}

/** Stacks (`BPF_MAP_TYPE_STACK`): last in, first out. Since Linux 4.20. */
export function stack<V>(value: Codec<V>): MapKind<QueueMap<V>>;
/** Stacks that exist, with values of bytes: the kernel keeps no BTF for them. */
export function stack(): MapKind<QueueMap<UntypedValue>>;
export function stack<V>(value?: Codec<V>): MapKind<QueueMap<V>> {
  return queueKind("stack", value);
}

function queueKind<V>(type: "queue" | "stack", value: Codec<V> | undefined): MapKind<QueueMap<V>> {
  return {
    types: [type],
    keySize: 0,
    valueSize: value?.size,
    value,
    open: (handle) => new QueueMap(handle, handle.value(value)),
  };
}
