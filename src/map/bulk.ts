/**
 * Many elements by one system call, from the script to the kernel (`BPF_MAP_UPDATE_BATCH`, `BPF_MAP_DELETE_BATCH`).
 *
 * Since Linux 5.6; where the kernel cannot with a type of map, element by element.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { allocate, ERRNO } from "../sys/mod.ts";
import { type Listed, sizeFor } from "./blocks.ts";
import { elementError, encodeFor } from "./explain.ts";
import type { ElementAccess } from "./handle.ts";

const MODE_BITS = 3n;

/** Elements that are sent together: keys, and with `value` values too. */
class Parcel<K, V> {
  count = 0;
  readonly #map: Listed;
  readonly #key: Codec<K>;
  readonly #value: Codec<V> | undefined;
  readonly #capacity: number;
  readonly #keys: Uint8Array<ArrayBuffer>;
  readonly #values: Uint8Array<ArrayBuffer>;
  readonly #keyView: DataView;
  readonly #valueView: DataView;

  constructor(map: Listed, key: Codec<K>, value: Codec<V> | undefined) {
    this.#map = map;
    this.#key = key;
    this.#value = value;
    this.#capacity = sizeFor(map);
    this.#keys = allocate(this.#capacity * key.size);
    this.#values = allocate(value ? this.#capacity * value.size : 0);
    this.#keyView = new DataView(this.#keys.buffer);
    this.#valueView = new DataView(this.#values.buffer);
  }

  get full(): boolean {
    return this.count === this.#capacity;
  }

  addKey(key: K): void {
    encodeFor(this.#map.name, "key", this.#key, this.#keyView, this.count * this.#key.size, key);
    this.count++;
  }

  add(key: K, value: V): void {
    const [codec, at] = [this.#value, this.count];
    this.addKey(key);
    if (codec) encodeFor(this.#map.name, "value", codec, this.#valueView, at * codec.size, value);
  }

  /** Sets the elements; returns how many were. Throws at the first that cannot be. */
  update(flags: bigint, before: number): number {
    const { count } = this;
    this.count = 0;
    if (count === 0) return 0;
    // Batches know no other flag than the lock (`generic_map_update_batch`)
    if ((flags & MODE_BITS) === 0n) {
      const { result, count: done } = this.#map.batch("MAP_UPDATE_BATCH", {
        keys: this.#keys,
        values: this.#values,
        count,
        elem_flags: flags,
      });
      if (result === 0) return count;
      if (!isUnsupported(result)) throw elementError("set", this.#map.name, result, before + done);
    }
    return this.#each(count, (element, i) => {
      const size = element.value.byteLength;
      new Uint8Array(element.value.buffer).set(this.#values.subarray(i * size, (i + 1) * size));
      const result = element.update(flags);
      if (result < 0) throw elementError("set", this.#map.name, result, before + i);
      return true;
    });
  }

  /** Removes the elements; returns how many were there. */
  delete(): number {
    const { count } = this;
    this.count = 0;
    let removed = 0;
    for (let at = 0; at < count;) {
      const { result, count: done } = this.#map.batch("MAP_DELETE_BATCH", {
        keys: this.#keys.subarray(at * this.#key.size),
        count: count - at,
      });
      if (result === 0) return removed + count - at;
      if (at === 0 && isUnsupported(result)) return this.#deleteEach(count);
      if (result !== -ERRNO.ENOENT) throw elementError("delete", this.#map.name, result);
      removed += done;
      at += done + 1; // the one that is not there
    }
    return removed;
  }

  #deleteEach(count: number): number {
    return this.#each(count, (element) => {
      const result = element.delete();
      if (result < 0 && result !== -ERRNO.ENOENT) throw elementError("delete", this.#map.name, result);
      return result === 0;
    });
  }

  /** Counts the elements for which a command does something. */
  #each(count: number, command: (element: ElementAccess, i: number) => boolean): number {
    const { size } = this.#key;
    const element = this.#map.element(size, this.#value?.size ?? 0);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      new Uint8Array(element.key.buffer).set(this.#keys.subarray(i * size, (i + 1) * size));
      if (command(element, i)) sum++;
    }
    return sum;
  }
}

function isUnsupported(result: number): boolean {
  return result === -ERRNO.ENOTSUPP || result === -ERRNO.EINVAL;
}

/** Sets all these elements. Returns how many. */
export function updateAll<K, V>(
  map: Listed & { readonly key: Codec<K>; readonly value: Codec<V> },
  entries: Iterable<readonly [K, V]>,
  flags: bigint,
): number {
  const parcel = new Parcel(map, map.key, map.value);
  let done = 0;
  for (const [key, value] of entries) {
    parcel.add(key, value);
    if (parcel.full) done += parcel.update(flags, done);
  }
  return done + parcel.update(flags, done);
}

/** Removes all these keys. Returns how many were there. */
export function deleteAll<K>(map: Listed & { readonly key: Codec<K> }, keys: Iterable<K>): number {
  const parcel = new Parcel<K, never>(map, map.key, undefined);
  let removed = 0;
  for (const key of keys) {
    parcel.addKey(key);
    if (parcel.full) removed += parcel.delete();
  }
  return removed + parcel.delete();
}
