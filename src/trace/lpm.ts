/**
 * Networks: values by the longest prefix of an address.
 *
 * @module
 */
import { type Codec, u53 } from "../codec/mod.ts";
import { type SharedSpec, typeOf } from "../lang/mod.ts";
import { type BpfMap, type LpmTrie, lpmTrie } from "../map/core.ts";
import { networkPrefix } from "./_network_prefix.ts";
import { type KernelValue, LateMap, Shared } from "./shared.ts";

/** How many networks there is room for unless the options say. */
const MOST_KEYS = 10_240;

/** Options of {@linkcode lpm}. */
export interface LpmOptions {
  /** How many networks there is room for; 10240 by default. */
  readonly maxEntries?: number;
}

/** Networks inside of a kernel function. An address is that of a packet or socket, of either family. */
export interface KernelLpm<V> {
  /** The value of the smallest network that the address is of; `undefined` where it is of none. */
  get(address: number | string): KernelValue<V> | undefined;
  /** Whether the address is of one of the networks. */
  has(address: number | string): boolean;
  /** Adds to the number of the smallest network that the address is of. */
  count(address: number | string, amount?: number): void;
}

/**
 * Networks of IPv4 and IPv6, each with a value, which kernel functions ask for addresses of packets (`BPF_MAP_TYPE_LPM_TRIE`).
 *
 * @typeParam V A value.
 */
export class Lpm<V> extends Shared<KernelLpm<V>> implements Iterable<[string, V]> {
  readonly #value: Codec<V>;
  readonly #maxEntries: number;
  readonly #late: LateMap<LpmTrie<string, V>> = new LateMap("the networks");

  /** Made by {@linkcode lpm}. */
  constructor(value: Codec<V>, { maxEntries = MOST_KEYS }: LpmOptions) {
    super();
    this.#value = value;
    this.#maxEntries = maxEntries;
  }

  /** The map of the kernel. */
  get map(): LpmTrie<string, V> {
    return this.#open("networks");
  }

  /** The value of the smallest network that holds this one or this address; `undefined` where none does. */
  get(network: string): V | undefined {
    return this.map.get(network);
  }

  /** Sets the value of a network: `10.0.0.0/8`, `2001:db8::/32`. */
  set(network: string, value: V): this {
    this.map.set(network, value);
    return this;
  }

  /** Removes a network. Returns whether it was there. */
  delete(network: string): boolean {
    return this.map.delete(network);
  }

  /** Networks and values. */
  [Symbol.iterator](): Generator<[string, V], void, void> {
    return this.map.entries();
  }

  #open(name: string): LpmTrie<string, V> {
    const kind = lpmTrie(networkPrefix, this.#value);
    return this.#late.open(() =>
      this.create(kind, { name, maxEntries: this.#maxEntries, flags: ["no_prealloc"] })
    );
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "lpm", value: typeOf(this.#value) };
  }

  /** @ignore */
  override open(name: string): Readonly<Record<string, BpfMap>> {
    const map = this.#open(name);
    return { [name]: map };
  }

  /** Closes the map. */
  override close(): void {
    this.#late.close();
  }
}

/**
 * Makes networks for kernel functions to look addresses up in. Their values are numbers where no codec is given.
 *
 * @example
 * ```ts
 * import { lpm } from "@waggle/ebpf/trace";
 *
 * const blocked = lpm();
 * ```
 */
export function lpm(): Lpm<number>;
/** With values of a type. */
export function lpm<V>(value: Codec<V>, options?: LpmOptions): Lpm<V>;
export function lpm(value: Codec<unknown> = u53, options: LpmOptions = {}): Lpm<unknown> {
  return new Lpm(value, options);
}
