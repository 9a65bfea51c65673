/**
 * Structs of functions that programs implement for the kernel.
 *
 * @module
 */
import { btfCodec, type BtfValue } from "../btf/core.ts";
import { u32 } from "../codec/mod.ts";
import { kernelBtf } from "../kernel/mod.ts";
import { ERRNO, MapElement, syscallError } from "../sys/mod.ts";
import { Elements } from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";

/** Whether a struct is registered (`enum bpf_struct_ops_state`). */
export type StructOpsState = "init" | "inuse" | "tobefree" | "ready";

const STATES: readonly StructOpsState[] = ["init", "inuse", "tobefree", "ready"];
/** `struct bpf_struct_ops_common_value`, at the start of each value: a reference count, then the state. */
const STATE_AT = 4;

/**
 * A struct of functions that programs implement, as a congestion control of TCP. Objects make and register such maps:
 * {@linkcode BpfObject.attachStructOps}.
 */
export class StructOpsMap extends BpfMap {
  readonly #value: Elements<number, BtfValue>;
  readonly #state: Elements<number, StructOpsState>;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle) {
    super(handle);
    const value = btfCodec(kernelBtf(), handle.facts.kernelValueTypeId);
    this.#value = new Elements(handle, u32, value);
    this.#state = new Elements(handle, u32, {
      ...value,
      read: (view, at) => STATES[u32.read(view, at + STATE_AT)] ?? "init",
      write() {},
    });
  }

  /** Whether it is registered: `inuse` without a link, `ready` with or for one. */
  get state(): StructOpsState {
    return this.#state.get(0) ?? "init";
  }

  /** The kernel's struct with its counters, as BTF has it: functions are the ids of programs. */
  get(): BtfValue | undefined {
    return this.#value.get(0);
  }

  /**
   * Takes a struct back that was registered without a link. Returns whether it was.
   *
   * @throws {SyscallError} It is registered by a link, which is to be closed instead (`EOPNOTSUPP`).
   */
  unregister(): boolean {
    const result = new MapElement(this.descriptor, u32.size, 0).delete();
    if (result === -ERRNO.ENOENT || result === -ERRNO.EINPROGRESS) return false; // never registered, or taken back
    if (result === 0) return true;
    const hint = result === -ERRNO.EOPNOTSUPP ? "it is made for links: close its link" : undefined;
    throw syscallError(-result, "bpf(MAP_DELETE_ELEM)", `unregister struct "${this.name}"`, hint);
  }
}

/** Structs of functions (`BPF_MAP_TYPE_STRUCT_OPS`). Since Linux 5.6. */
export function structOps(): MapKind<StructOpsMap> {
  return {
    types: ["struct_ops"],
    keySize: 4,
    valueSize: undefined,
    open: (handle) => new StructOpsMap(handle),
  };
}
