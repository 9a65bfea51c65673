/**
 * Arrays of descriptors that can be set and not read: cgroups, perf events, AF_XDP sockets.
 *
 * @module
 */
import { i32 } from "../codec/mod.ts";
import { possibleCpus } from "../kernel/mod.ts";
import { ERRNO, openFile } from "../sys/mod.ts";
import { Elements } from "./elements.ts";
import { indexKey, type MapHandle } from "./handle.ts";
import { explained, type Hints, isNatural } from "./explain.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";

/** Places for descriptors. What is put in is kept by the kernel: the descriptor may be closed. */
export abstract class SlotArray extends BpfMap {
  /** The number of places. */
  readonly length: number;
  readonly #elements: Elements<number, number>;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle) {
    super(handle);
    this.length = handle.facts.maxEntries;
    this.#elements = new Elements(handle, indexKey(handle), i32);
  }

  /** Empties a place. Returns whether there was something in it. */
  delete(index: number): boolean {
    return this.#elements.delete(index);
  }

  /** Puts what a descriptor stands for in a place. */
  protected put(index: number, fd: number, what: string, hints: Readonly<Record<number, string>>): void {
    const action = `put ${what} in map "${this.name}"`;
    if (!isNatural(fd)) throw new RangeError(`Cannot ${action}: it is no descriptor`);
    explained(action, hints, () => this.#elements.set(index, fd));
  }
}

const NOTHING_OPEN = "nothing is open under this number, or something else";

const CGROUP_HINTS: Hints = { [ERRNO.EBADF]: "it is not the directory of a cgroup of version 2" };
const EVENT_HINTS: Hints = {
  [ERRNO.EBADF]: NOTHING_OPEN,
  [ERRNO.EOPNOTSUPP]: "the kernel cannot read this event from programs: it must not be inherited",
};
const SOCKET_HINTS: Hints = {
  [ERRNO.EBADF]: NOTHING_OPEN,
  [ERRNO.ENOTSOCK]: "the descriptor stands for something else",
  [ERRNO.EOPNOTSUPP]: "it is no AF_XDP socket, or has no receive ring and UMEM yet",
};

/** Cgroups (v2), for programs that ask whether they run for one of them (`bpf_current_task_under_cgroup`). */
export class CgroupArray extends SlotArray {
  /**
   * Puts a cgroup in a place.
   *
   * @param cgroup The path of its directory, or an open descriptor of that.
   *
   * @throws {RangeError} There is no such place.
   * @throws {SyscallError} There is no such directory, or it is no cgroup (`EBADF`).
   */
  set(index: number, cgroup: string | number): this {
    if (typeof cgroup === "number") {
      this.put(index, cgroup, `cgroup ${cgroup}`, CGROUP_HINTS);
    } else {
      using directory = openFile(cgroup);
      this.put(index, directory.fd, `cgroup ${directory.what}`, CGROUP_HINTS);
    }
    return this;
  }
}

/** Perf events, one for each CPU as a rule, for programs that write to them or read their counters. */
export class PerfEventArray extends SlotArray {
  /**
   * Puts a perf event in a place.
   *
   * @param event A descriptor of `perf_event_open(2)`.
   *
   * @throws {RangeError} There is no such place.
   * @throws {SyscallError} It is no perf event (`EBADF`), or one that programs cannot read (`EOPNOTSUPP`).
   */
  set(index: number, event: number): this {
    this.put(index, event, `perf event ${event}`, EVENT_HINTS);
    return this;
  }
}

/** AF_XDP sockets, to which XDP programs redirect packets. Its `delete()` is true of empty places too: the kernel does not tell. */
export class XskMap extends SlotArray {
  /**
   * Puts a socket in a place, as a rule that of the queue it is bound to.
   *
   * @param socket A descriptor of an AF_XDP socket.
   *
   * @throws {RangeError} There is no such place.
   * @throws {SyscallError} It is no such socket (`EOPNOTSUPP`, `ENOTSOCK`).
   */
  set(index: number, socket: number): this {
    this.put(index, socket, `socket ${socket}`, SOCKET_HINTS);
    return this;
  }
}

/** Arrays of cgroups (`BPF_MAP_TYPE_CGROUP_ARRAY`). Since Linux 4.8. */
export function cgroupArray(): MapKind<CgroupArray> {
  return { types: ["cgroup_array"], keySize: 4, valueSize: 4, open: (handle) => new CgroupArray(handle) };
}

/**
 * Arrays of perf events (`BPF_MAP_TYPE_PERF_EVENT_ARRAY`); new ones have a place for each possible CPU unless the options
 * say. Since Linux 4.3.
 */
export function perfEventArray(): MapKind<PerfEventArray> {
  return {
    types: ["perf_event_array"],
    keySize: 4,
    valueSize: 4,
    creation: { maxEntries: possibleCpus },
    open: (handle) => new PerfEventArray(handle),
  };
}

/** Arrays of AF_XDP sockets (`BPF_MAP_TYPE_XSKMAP`). Since Linux 4.18. */
export function xskMap(): MapKind<XskMap> {
  return { types: ["xskmap"], keySize: 4, valueSize: 4, open: (handle) => new XskMap(handle) };
}
