/** What maps keep their elements in: the contract, and what several kinds share. */
import { Fault, type Region, region, viewOf } from "./_memory.ts";

/** Errors of map operations, as helpers return them: negative. */
export const ERRNO = {
  ENOENT: 2,
  E2BIG: 7,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  EOPNOTSUPP: 95,
  ENOTSUPP: 524,
} as const;

/** Flags of updates: `enum` with BPF_ANY in include/uapi/linux/bpf.h. */
export const UPDATE = { ANY: 0, NOEXIST: 1, EXIST: 2, LOCK: 4 } as const;

/** What a map is like. */
export interface Shape {
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_…` of `BPF_MAP_CREATE`. */
  readonly flags: number;
}

/** The elements of a map. */
export interface Store {
  /** The values, which programs get addresses of. */
  readonly values: Region;
  /** How many elements there are. */
  readonly size: number;
  /**
   * Where the value of a key is among {@linkcode Store.values}; -1 where there is none.
   *
   * @param quietly Whether it does not count as used, as where user space looks.
   */
  find(key: DataView, at: number, cpu: number, quietly?: boolean): number;
  /** Adds or changes an element. Returns 0 or a negative error number. */
  update(key: Uint8Array, value: Uint8Array, flags: number, cpu: number): number;
  /** Removes an element. Returns 0 or a negative error number. */
  remove(key: Uint8Array): number;
  /** The keys, in the order in which programs are given them. */
  keys(): Iterable<Uint8Array>;
}

/** Values of one size, which are 8 bytes or a multiple apart, one for each CPU where `cpus` is more than 1. */
export class Slab {
  readonly region: Region;
  /** From one element to the next; from one CPU to the next it is this by the number of CPUs. */
  readonly stride: number;
  readonly #cpuStride: number;
  readonly #cpus: number;
  readonly #name: string;
  #capacity: number;

  /** Makes room for `capacity` elements, and more when asked. */
  constructor({ name, valueSize }: Shape, capacity: number, cpus: number, writable = true) {
    this.#cpuStride = Math.ceil(valueSize / 8) * 8;
    this.stride = this.#cpuStride * cpus;
    this.#cpus = cpus;
    this.#name = name;
    this.#capacity = capacity;
    this.region = region(`a value of map "${name}"`, new Uint8Array(capacity * this.stride), {
      stride: this.#cpuStride,
      element: valueSize,
      writable,
    });
  }

  /**
   * Where the value of a slot is; the CPU is of no matter where all share one.
   *
   * @throws {Fault} There is no value for the CPU.
   */
  at(slot: number, cpu: number): number {
    if (this.#cpus === 1) return slot * this.stride;
    if (cpu >= 0 && cpu < this.#cpus) return slot * this.stride + cpu * this.#cpuStride;
    throw new Fault(`uses map "${this.#name}" on CPU ${cpu}: it has values for ${this.#cpus} CPUs`);
  }

  /** Sets the value of one CPU; those of the others become zeroes where the element is new. */
  set(slot: number, value: Uint8Array, cpu: number, isNew: boolean): void {
    const at = slot * this.stride;
    if (isNew) this.region.bytes.fill(0, at, at + this.stride);
    this.region.bytes.set(value, this.at(slot, cpu));
  }

  /** Makes room for a slot. Addresses stay. */
  reach(slot: number): void {
    if (slot < this.#capacity) return;
    this.#capacity = Math.max(slot + 1, this.#capacity * 2);
    const bytes = new Uint8Array(this.#capacity * this.stride);
    bytes.set(this.region.bytes);
    this.region.bytes = bytes;
    this.region.view = viewOf(bytes);
    this.region.end = bytes.length;
  }
}

/** A key as something that a `Map` of JavaScript compares by value. */
export type KeyText = number | bigint | string;

/** The key at a place. */
export function keyText(view: DataView, at: number, size: number): KeyText {
  if (size === 4) return view.getUint32(at, true);
  if (size === 8) {
    const high = view.getUint32(at + 4, true);
    if (high < 0x20_0000) return high * 0x1_0000_0000 + view.getUint32(at, true);
    return view.getBigUint64(at, true);
  }
  let text = "";
  for (let i = 0; i < size; i++) text += String.fromCharCode(view.getUint8(at + i));
  return text;
}

/** The bytes of a key. */
export function keyBytes(key: KeyText, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (typeof key === "string") {
    for (let i = 0; i < size; i++) bytes[i] = key.charCodeAt(i);
    return bytes;
  }
  const view = viewOf(bytes);
  if (size === 4) view.setUint32(0, Number(key), true);
  else view.setBigUint64(0, BigInt(key), true);
  return bytes;
}
