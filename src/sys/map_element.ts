/**
 * Single elements of a map, with nothing allocated per operation.
 *
 * @module
 */
import { allocate, type Native, native } from "../../ffi/mod.ts";
import { BPF_CMD, MAP_ELEM_ATTR } from "../uapi/mod.ts";
import { Attr } from "./attr.ts";
import type { Descriptor } from "./descriptor.ts";

const SIZE = MAP_ELEM_ATTR.size;
/** The kernel refuses a deletion that has anything behind the key (`BPF_MAP_DELETE_ELEM_LAST_FIELD`). */
const DELETE_SIZE = MAP_ELEM_ATTR.fields.value[0];

/**
 * The buffers of one map's element commands: a key, a value, and the struct that points to them.
 *
 * The caller writes {@linkcode MapElement.key}, calls a command and reads {@linkcode MapElement.value}. Commands return
 * 0 or `-errno`.
 */
export class MapElement {
  /** The key. */
  readonly key: DataView;
  /** The value, of all possible CPUs in per-CPU maps. */
  readonly value: DataView;
  readonly #map: Descriptor;
  readonly #native: Native;
  readonly #attr: Attr<typeof MAP_ELEM_ATTR>;
  readonly #address: bigint;
  readonly #flags: BigUint64Array;
  /** The flags that are in the struct: storing a bigint takes 15 ns in Bun. */
  #lastFlags = 0n;
  readonly #nextKey: Uint8Array;
  #next: Attr<typeof MAP_ELEM_ATTR> | undefined;

  /** Buffers for keys and values of these sizes, in bytes. */
  constructor(map: Descriptor, keySize: number, valueSize: number) {
    const key = allocate(keySize);
    const value = allocate(valueSize);
    this.#map = map;
    this.#native = native();
    this.key = new DataView(key.buffer);
    this.value = new DataView(value.buffer);
    this.#attr = new Attr(MAP_ELEM_ATTR, { map_fd: map.fd, key, value });
    this.#address = this.#attr.address;
    this.#flags = new BigUint64Array(this.#attr.bytes.buffer, MAP_ELEM_ATTR.fields.flags[0], 1);
    this.#nextKey = allocate(keySize);
  }

  /** `BPF_MAP_LOOKUP_ELEM`: fills the value. */
  lookup(flags = 0n): number {
    return this.#run(BPF_CMD.MAP_LOOKUP_ELEM, flags);
  }

  /** `BPF_MAP_UPDATE_ELEM`: stores the value under the key. */
  update(flags = 0n): number {
    return this.#run(BPF_CMD.MAP_UPDATE_ELEM, flags);
  }

  /** `BPF_MAP_DELETE_ELEM`. */
  delete(): number {
    return this.#run(BPF_CMD.MAP_DELETE_ELEM, 0n, DELETE_SIZE);
  }

  /** `BPF_MAP_LOOKUP_AND_DELETE_ELEM`: fills the value and removes the element. */
  take(flags = 0n): number {
    return this.#run(BPF_CMD.MAP_LOOKUP_AND_DELETE_ELEM, flags);
  }

  /** `BPF_MAP_GET_NEXT_KEY`: replaces the key by the one after it, by the first one where `first` is set. */
  nextKey(first: boolean): number {
    this.#map.fd; // throws where the map is closed
    const next = this.#next ??= new Attr(MAP_ELEM_ATTR, { map_fd: this.#map.fd, next_key: this.#nextKey });
    next.set("key", first ? 0 : this.#keyAddress());
    const result = this.#native.bpf(BPF_CMD.MAP_GET_NEXT_KEY, next.address, SIZE);
    if (result === 0) new Uint8Array(this.key.buffer).set(this.#nextKey);
    return result;
  }

  #keyAddress(): bigint {
    return this.#attr.get64("key");
  }

  #run(command: number, flags: bigint, size: number = SIZE): number {
    this.#map.fd; // throws where the map is closed
    if (flags !== this.#lastFlags) this.#flags[0] = this.#lastFlags = flags;
    return this.#native.bpf(command, this.#address, size);
  }
}
