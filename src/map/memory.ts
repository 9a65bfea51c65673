/**
 * Arrays in memory.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, Mapping, pageSize } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import type { MapFacts } from "./info.ts";

/**
 * The elements of an array, shared with the running programs through memory.
 *
 * @typeParam V An element.
 *
 * @example Count without system calls
 * ```ts ignore
 * import { array, createMap, u64 } from "@waggle/ebpf";
 *
 * using counts = createMap(array(u64), { maxEntries: 4, flags: ["mmapable"] });
 * using memory = counts.memory();
 * memory.set(0, memory.get(0) + 1n);
 * const all = new BigUint64Array(memory.buffer, 0, memory.length); // the same memory
 * ```
 */
export class MapMemory<V> implements Disposable {
  /** The number of elements. */
  readonly length: number;
  /** From the start of one element to that of the next, in bytes: the size of a value rounded up to 8. */
  readonly stride: number;
  /** Whether this process may write. */
  readonly writable: boolean;
  readonly #name: string;
  readonly #value: Codec<V>;
  readonly #mapping: Mapping;
  readonly #view: DataView;

  /** Maps the array. */
  constructor(map: Descriptor, { flags, maxEntries, valueSize }: MapFacts, value: Codec<V>) {
    if ((flags & BPF_MAP_FLAG.MMAPABLE) === 0) {
      throw new NotSupportedError(`Cannot map the memory of ${map.what}: create it with the flag "mmapable"`);
    }
    this.length = maxEntries;
    this.stride = Math.ceil(valueSize / 8) * 8; // array->elem_size in array_map_alloc()
    this.#name = map.what;
    this.#value = value;
    const length = Math.ceil(this.stride * maxEntries / pageSize()) * pageSize();
    const writable = mapWritable(map, length);
    this.writable = writable !== undefined;
    this.#mapping = writable ?? mapReadOnly(map, length);
    this.#view = new DataView(this.#mapping.buffer);
  }

  /** The memory. Writing to it where it is not writable crashes the process. */
  get buffer(): ArrayBuffer {
    return this.#mapping.buffer;
  }

  /**
   * The element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  get(index: number): V {
    return this.#value.read(this.#open(), this.#offset(index));
  }

  /**
   * Sets the element at an index, for programs to see at once. Elements of more than 8 bytes may be seen half written.
   *
   * @throws {RangeError} There is no such index.
   * @throws {TypeError} The memory is read-only.
   */
  set(index: number, value: V): void {
    if (!this.writable) {
      throw new TypeError(`Cannot set an element of ${this.#name}: its memory is read-only`);
    }
    this.#value.write(this.#open(), this.#offset(index), value);
  }

  /** Unmaps the memory; views of it become empty. */
  close(): void {
    this.#mapping[Symbol.dispose]();
  }

  /** Unmaps the memory. */
  [Symbol.dispose](): void {
    this.close();
  }

  #open(): DataView {
    this.#mapping.buffer; // throws where it is closed
    return this.#view;
  }

  #offset(index: number): number {
    if (index >>> 0 === index && index < this.length) return index * this.stride;
    throw new RangeError(
      `Cannot access element ${index} of ${this.#name}: it has ${this.length} elements`,
    );
  }
}

/** `undefined` where the map may not be written: it is frozen, or was made or opened for reading. */
function mapWritable(map: Descriptor, length: number): Mapping | undefined {
  try {
    return new Mapping(map, { length, writable: true });
  } catch (error) {
    const refused = error instanceof SyscallError &&
      (error.errno === ERRNO.EPERM || error.errno === ERRNO.EACCES);
    if (refused) return undefined;
    throw error;
  }
}

function mapReadOnly(map: Descriptor, length: number): Mapping {
  try {
    return new Mapping(map, { length });
  } catch (cause) {
    // mmap(2) takes what is open for reading for private then, and bpf_map_mmap() maps nothing private
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EINVAL) throw cause;
    throw new PermissionError(
      `Cannot map the memory of ${map.what}: it was opened for reading, and the kernel maps none of those: ` +
        "open it for both",
      { cause },
    );
  }
}
