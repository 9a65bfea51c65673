/**
 * Values that belong to sockets, tasks, inodes and cgroups, and go with them.
 *
 * @module
 */
import { type Codec, i32 } from "../codec/mod.ts";
import { NotFoundError, SyscallError } from "../errors.ts";
import { ERRNO, OPEN, openFile, openTask } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { Elements, lookupFlags, type LookupOptions, updateFlags, type UpdateOptions } from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import { explained, type Hints, isNatural } from "./explain.ts";
import type { MapKind, MapType } from "./kind.ts";
import { BpfMap } from "./map.ts";

/** What a value belongs to, opened for the time of a system call. */
interface OpenOwner extends Disposable {
  readonly fd: number;
  /** For messages. */
  readonly what: string;
}

/** How owners are found, and why they are none. */
interface Ownership<O> {
  readonly open: (owner: O) => OpenOwner;
  readonly hints: Hints;
}

/**
 * Values that the kernel keeps at the sockets, tasks, inodes or cgroups they belong to, and frees with them. The kernel
 * lists them by iterator programs alone.
 *
 * @typeParam O What a value belongs to: a socket's descriptor, the id of a process or thread, a path.
 * @typeParam V A value.
 */
export class StorageMap<O, V> extends BpfMap {
  readonly #elements: Elements<number, V>;
  readonly #ownership: Ownership<O>;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, value: Codec<V>, ownership: Ownership<O>) {
    super(handle);
    this.#elements = new Elements(handle, i32, value);
    this.#ownership = ownership;
  }

  /**
   * The value of an owner; `undefined` where it has none.
   *
   * @throws {NotFoundError} There is no such process or thread.
   * @throws {SyscallError} There is no such owner.
   */
  get(owner: O, options?: LookupOptions): V | undefined {
    const flags = lookupFlags(options);
    return this.#at(owner, (fd) => this.#elements.get(fd, flags));
  }

  /** Whether an owner has a value. */
  has(owner: O): boolean {
    return this.#at(owner, (fd) => this.#elements.has(fd));
  }

  /**
   * Sets the value of an owner.
   *
   * @throws {NotFoundError} There is no such process or thread; or with the mode `exist`: the owner has no value.
   * @throws {SyscallError} There is no such owner; or with the mode `noexist`: it has a value (`EEXIST`).
   */
  set(owner: O, value: V, options?: UpdateOptions): this {
    const flags = updateFlags(options);
    this.#at(owner, (fd) => this.#elements.set(fd, value, flags));
    return this;
  }

  /** Removes the value of an owner. Returns whether it had one. */
  delete(owner: O): boolean {
    return this.#at(owner, (fd) => this.#elements.delete(fd));
  }

  #at<R>(owner: O, command: (fd: number) => R): R {
    const { open, hints } = this.#ownership;
    using opened = open(owner);
    return explained(`find ${opened.what} in map "${this.name}"`, hints, () => command(opened.fd));
  }
}

/** Values of sockets (`BPF_MAP_TYPE_SK_STORAGE`), by their descriptors. Since Linux 5.2. */
export function skStorage<V>(value: Codec<V>): MapKind<StorageMap<number, V>>;
/** Such maps that exist, with values as their BTF has them. */
export function skStorage(): MapKind<StorageMap<number, UntypedValue>>;
export function skStorage<V>(value?: Codec<V>): MapKind<StorageMap<number, V>> {
  return storage("sk_storage", value, SOCKETS);
}

/** Values of tasks (`BPF_MAP_TYPE_TASK_STORAGE`), by the ids of processes, and of threads since Linux 6.9. Since Linux 5.11. */
export function taskStorage<V>(value: Codec<V>): MapKind<StorageMap<number, V>>;
/** Such maps that exist, with values as their BTF has them. */
export function taskStorage(): MapKind<StorageMap<number, UntypedValue>>;
export function taskStorage<V>(value?: Codec<V>): MapKind<StorageMap<number, V>> {
  return storage("task_storage", value, TASKS);
}

/** Values of inodes (`BPF_MAP_TYPE_INODE_STORAGE`), by the paths of their files. Since Linux 5.10, with `CONFIG_BPF_LSM`. */
export function inodeStorage<V>(value: Codec<V>): MapKind<StorageMap<string, V>>;
/** Such maps that exist, with values as their BTF has them. */
export function inodeStorage(): MapKind<StorageMap<string, UntypedValue>>;
export function inodeStorage<V>(value?: Codec<V>): MapKind<StorageMap<string, V>> {
  return storage("inode_storage", value, INODES);
}

/** Values of cgroups (`BPF_MAP_TYPE_CGRP_STORAGE`), by the paths of their directories. Since Linux 6.2. */
export function cgrpStorage<V>(value: Codec<V>): MapKind<StorageMap<string, V>>;
/** Such maps that exist, with values as their BTF has them. */
export function cgrpStorage(): MapKind<StorageMap<string, UntypedValue>>;
export function cgrpStorage<V>(value?: Codec<V>): MapKind<StorageMap<string, V>> {
  return storage("cgrp_storage", value, CGROUPS);
}

function storage<O, V>(
  type: MapType,
  value: Codec<V> | undefined,
  ownership: Ownership<O>,
): MapKind<StorageMap<O, V>> {
  return {
    types: [type],
    keySize: 4,
    valueSize: value?.size,
    value,
    creation: { flags: BPF_MAP_FLAG.NO_PREALLOC, typed: true },
    open: (handle) => new StorageMap(handle, handle.value(value), ownership),
  };
}

/** The descriptor itself: nothing is opened. */
const SOCKETS: Ownership<number> = {
  open(socket) {
    if (!isNatural(socket)) throw new RangeError(`Cannot use ${socket} as a socket: it is no descriptor`);
    return { fd: socket, what: `socket ${socket}`, [Symbol.dispose]() {} };
  },
  hints: {
    [ERRNO.EBADF]: "nothing is open under this number",
    [ERRNO.ENOTSOCK]: "the descriptor stands for something else",
  },
};

const TASKS: Ownership<number> = {
  open(id) {
    if (!isNatural(id) || id === 0) {
      throw new RangeError(`Cannot use ${id} as a task: it is no process id`);
    }
    const hints = { [ERRNO.EINVAL]: "threads but the first of a process need Linux 6.9" };
    try {
      return explained(`find task ${id}`, hints, () => openTask(id));
    } catch (cause) {
      if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.ESRCH) throw cause;
      throw new NotFoundError(`Cannot find process ${id}: there is none with this id`, { cause });
    }
  },
  hints: {},
};

const INODES: Ownership<string> = {
  open: (path) => openFile(path, OPEN.PATH),
  hints: { [ERRNO.EBADF]: 'the kernel keeps no values at inodes: start it with "bpf" in its option "lsm"' },
};

const CGROUPS: Ownership<string> = {
  open: (path) => openFile(path),
  hints: { [ERRNO.EBADF]: "it is not the directory of a cgroup" },
};
