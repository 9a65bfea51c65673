/**
 * Maps whose values are objects of the kernel: other maps, programs.
 *
 * @module
 */
import { type Codec, i32, u32 } from "../codec/mod.ts";
import { SyscallError } from "../errors.ts";
import { openObject } from "../kernel/mod.ts";
import { Program, programTypeName } from "../program/mod.ts";
import { type Descriptor, descriptorInfo, ERRNO, syscallError } from "../sys/mod.ts";
import { Elements, updateFlags, type UpdateOptions } from "./elements.ts";
import { indexKey, type MapHandle } from "./handle.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";

/** The flags of an update without options. */
const ANY = 0n;

/** An object with a descriptor, as maps and programs are. */
export interface KernelObject {
  /** The descriptor. */
  readonly descriptor: Descriptor;
}

/** A descriptor on the way in; the kernel gives an id on the way out (`map_fd_get_ptr`, `map_fd_sys_lookup_elem`). */
export const objectFd: Codec<KernelObject | undefined> = {
  ...i32,
  type: "descriptor",
  read: () => undefined,
  write: (view, at, object) => i32.write(view, at, object?.descriptor.fd ?? 0),
};

/**
 * A map whose values are objects of the kernel.
 *
 * @typeParam K A key.
 * @typeParam O What a value is.
 */
export abstract class ObjectMap<K, O extends KernelObject> extends BpfMap {
  readonly #ids: Elements<K, number>;
  readonly #objects: Elements<K, KernelObject | undefined>;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, key: Codec<K>) {
    super(handle);
    this.#ids = new Elements(handle, key, u32);
    this.#objects = new Elements(handle, key, objectFd);
  }

  /** Opens an object that is a value. */
  protected abstract openObject(id: number): O;

  /** Why the kernel may not take an object (`EINVAL`). */
  protected abstract refusal(object: O): string;

  /**
   * The object of a key, opened anew: close it. `undefined` where there is none.
   *
   * @throws {PermissionError} The process lacks `CAP_SYS_ADMIN`.
   */
  get(key: K): O | undefined {
    const id = this.getId(key);
    return id === undefined ? undefined : this.openObject(id);
  }

  /** The kernel's number of the object of a key; `undefined` where there is none. */
  getId(key: K): number | undefined {
    return this.#ids.get(key);
  }

  /** Whether there is an object for the key. */
  has(key: K): boolean {
    return this.#ids.has(key);
  }

  /**
   * Puts an object in. The map keeps it alive in the kernel: it may be closed here.
   *
   * @throws {MapFullError} There is no room for another key.
   * @throws {SyscallError} The map does not take such objects; the message says why.
   */
  set(key: K, object: O, options?: UpdateOptions): this {
    const flags = updateFlags(options);
    try {
      this.#objects.set(key, object, flags);
    } catch (error) {
      if (!(error instanceof SyscallError) || error.errno !== ERRNO.EINVAL) throw error;
      const reason = flags !== ANY && this.facts.type !== "hash_of_maps"
        ? "arrays know no modes and no lock here"
        : this.refusal(object);
      throw syscallError(error.errno, error.syscall, `set an element of map "${this.name}"`, reason);
    }
    return this;
  }

  /** Removes a key. Returns whether it was there. */
  delete(key: K): boolean {
    return this.#ids.delete(key);
  }

  /** Removes all keys that are there now. */
  clear(): void {
    this.#ids.deleteAll(this.#ids.keys());
  }

  /** How many keys there are; all are listed for it. */
  get size(): number {
    return this.#ids.count();
  }

  /** The keys that have an object. */
  keys(): Generator<K, void, void> {
    return this.#ids.keys();
  }

  /** The keys with the kernel's numbers of their objects. */
  ids(): Generator<[K, number], void, void> {
    return this.#ids.entries();
  }
}

/**
 * Programs that others go on with by `bpf_tail_call()`. The first program that uses it or is put in decides of which type
 * all are. It is emptied when neither a process nor a pin holds it any more, whatever programs still use it.
 */
export class ProgramArray extends ObjectMap<number, Program> {
  /** The number of places. */
  readonly length: number;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle) {
    super(handle, indexKey(handle));
    this.length = handle.facts.maxEntries;
  }

  /** Opens a program. */
  protected override openObject(id: number): Program {
    const descriptor = openObject("PROG", { id });
    return new Program(descriptor, `program ${id}`);
  }

  /** What `__bpf_prog_map_compatible()` compares. */
  protected override refusal({ name, info }: Program): string {
    const { type } = info;
    const head = `program "${name}" is of type ${type}`;
    const [, owner] = /^owner_prog_type:\s*(\d+)/m.exec(descriptorInfo(this.descriptor)) ?? [];
    const wanted = owner === undefined ? type : programTypeName(Number(owner));
    if (wanted !== type) return `${head}, the array of type ${wanted}`;
    return `${head} as the array, but attaches otherwise, or differs in multi-buffer support or in cgroup storage`;
  }
}

/** Arrays of programs (`BPF_MAP_TYPE_PROG_ARRAY`). Since Linux 4.2. */
export function programArray(): MapKind<ProgramArray> {
  return {
    types: ["prog_array"],
    keySize: 4,
    valueSize: 4,
    open: (handle) => new ProgramArray(handle),
  };
}
