/**
 * What all maps have in common: identity, description and pins.
 *
 * @module
 */
import { pinObject, removePin } from "../kernel/mod.ts";
import { type Descriptor, mapFreeze } from "../sys/mod.ts";
import { explainFreeze } from "./explain.ts";
import type { MapHandle } from "./handle.ts";
import { type MapFacts, type MapInfo, readInfo } from "./info.ts";

/** A map of any type. */
export class BpfMap implements Disposable {
  /** The name in messages: the one in the source, or the kernel's. */
  readonly name: string;
  readonly #handle: MapHandle;
  #pin: string | undefined;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle) {
    this.name = handle.name;
    this.#handle = handle;
    this.#pin = handle.pin;
  }

  /** The descriptor, for system calls. */
  get descriptor(): Descriptor {
    return this.#handle.descriptor;
  }

  /** Whether this handle was closed. */
  protected get closed(): boolean {
    return this.#handle.closed;
  }

  /** What never changes about the map; read once. */
  protected get facts(): MapFacts {
    return this.#handle.facts;
  }

  /** What the kernel knows about the map now. */
  get info(): MapInfo {
    return readInfo(this.descriptor);
  }

  /** Where this handle pinned the map, or opened it from; `undefined` where neither. */
  get pinPath(): string | undefined {
    return this.#pin;
  }

  /** Another handle of the same map, which is closed by itself. */
  clone(): this {
    return this.#handle.clone(this.#pin) as this;
  }

  /**
   * Gives the map a name in a BPF file system, under which it outlives this process and others find it. The folder is
   * made where it is missing; a pin that this handle has already is moved. Since Linux 4.4.
   *
   * @param path `/sys/fs/bpf/my_tool/counts`.
   *
   * @throws {NotSupportedError} The path is not in a BPF file system.
   * @throws {PermissionError} The process may not write there.
   * @throws {SyscallError} Something else is pinned there (`EEXIST`).
   */
  pin(path: string): this {
    pinObject(this.descriptor, path, this.#pin);
    this.#pin = path;
    return this;
  }

  /** Removes the pin at {@linkcode BpfMap.pinPath}; harmless where there is none. */
  unpin(): void {
    removePin(this.#pin);
    this.#pin = undefined;
  }

  /**
   * Forbids all further writes by system calls, for good; programs still write. Harmless where that is so already. Since
   * Linux 5.2.
   *
   * @throws {SyscallError} The map is mapped for writing (`EBUSY`).
   * @throws {NotSupportedError} Maps of its type, or with such values, cannot be frozen.
   */
  freeze(): this {
    try {
      mapFreeze(this.descriptor);
    } catch (cause) {
      if (!this.info.frozen) throw explainFreeze(cause, this.name);
    }
    return this;
  }

  /** Closes the map. The kernel keeps it for as long as a program, a pin or another descriptor uses it. */
  close(): void {
    this.#handle.close();
  }

  /** Closes the map. */
  [Symbol.dispose](): void {
    this.close();
  }
}
