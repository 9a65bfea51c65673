/**
 * Maps of where XDP programs redirect packets to: devices and CPUs.
 *
 * @module
 */
import { type Codec, struct, u32 } from "../codec/mod.ts";
import { deviceIndex, possibleCpus } from "../kernel/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { Elements, SingleElements, updateFlags, type UpdateMode } from "./elements.ts";
import { indexKey, type MapHandle } from "./handle.ts";
import { explained, type Hints, isNatural } from "./explain.ts";
import { DeletableMap } from "./keyed.ts";
import type { MapKind } from "./kind.ts";
import { type KernelObject, objectFd } from "./object_map.ts";

/** Options of setting a target. */
export interface RedirectOptions {
  /** `any` by default. For `noexist` the places of arrays are always there; the kernel knows no `exist` here. */
  readonly mode?: Exclude<UpdateMode, "exist">;
  /** An XDP program to run there (attach type `devmap` or `cpumap`). Since Linux 5.8 and 5.9. */
  readonly program?: KernelObject;
}

/** A device that packets are redirected to. */
export interface RedirectDevice {
  /** The index of the network device. */
  readonly device: number;
  /** The kernel's number of the program that runs there; 0 where there is none. */
  readonly programId: number;
}

/** A CPU that packets are redirected to. */
export interface RedirectCpu {
  /** How many packets wait there at most. */
  readonly queueSize: number;
  /** The kernel's number of the program that runs there; 0 where there is none. */
  readonly programId: number;
}

/** What is written: the index of a device or the size of a queue, and a program. */
interface Target {
  readonly target: number;
  readonly program: KernelObject | undefined;
}

// In maps of older sources, whose values have 4 bytes, the kernel reads and writes the first half
const DEVICE = struct({ device: u32, programId: u32 }, { name: "bpf_devmap_val" });
const CPU = struct({ queueSize: u32, programId: u32 }, { name: "bpf_cpumap_val" });
const TARGET: Codec<Target> = struct({ target: u32, program: objectFd });

/** Elements of which the kernel does not say whether they were there when they are removed (`dev_map_delete_elem`). */
class Targets<V> extends SingleElements<number, V> {
  override delete(key: number): boolean {
    return this.has(key) && super.delete(key);
  }
}

const NOT_FOR_THIS = "or the program was not loaded for such maps";

const DEVICE_HINTS: Hints = {
  [ERRNO.EINVAL]:
    `there is no device of this index in the network namespace, ${NOT_FOR_THIS} (section "xdp/devmap")`,
};
const CPU_HINTS: Hints = {
  [ERRNO.ENOMEM]:
    'there is no memory for its queue, or the program was not loaded for such maps (section "xdp/cpumap")',
  [ERRNO.EOVERFLOW]: "its queue can have 16384 packets at most",
  [ERRNO.ENODEV]: "the machine cannot have such a CPU",
};

function checkTarget(
  action: string,
  { facts }: MapHandle,
  { target, program }: Target,
  problem: string,
): void {
  if (!isNatural(target) || target === 0) throw new RangeError(`Cannot ${action}: ${problem}`);
  if (program && facts.valueSize < TARGET.size) {
    throw new TypeError(`Cannot ${action}: values of ${facts.valueSize} bytes have no room for a program`);
  }
}

/** Network devices that XDP programs redirect packets to. */
export class DeviceMap extends DeletableMap<number, RedirectDevice> {
  readonly #handle: MapHandle;
  readonly #targets: Elements<number, Target>;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, key: Codec<number>) {
    super(handle, new Targets(handle, key, DEVICE));
    this.#handle = handle;
    this.#targets = new Elements(handle, key, TARGET);
  }

  /**
   * Sets a device.
   *
   * @param device Its name, or its index in this process's network namespace.
   *
   * @throws {NotFoundError} There is no device of that name.
   * @throws {RangeError} It is no index of a device.
   * @throws {TypeError} The map has no room for programs: its values have 4 bytes.
   * @throws {SyscallError} There is no device of that index, or the program was not loaded for this (`EINVAL`).
   */
  set(key: number, device: string | number, { program, mode = "any" }: RedirectOptions = {}): this {
    const target = { target: typeof device === "string" ? deviceIndex(device) : device, program };
    const flags = updateFlags({ mode });
    const action = `put device ${device} in map "${this.name}"`;
    checkTarget(action, this.#handle, target, "it is no index of a device");
    explained(action, DEVICE_HINTS, () => this.#targets.set(key, target, flags));
    return this;
  }
}

/** CPUs that XDP programs redirect packets to. */
export class CpuMap extends DeletableMap<number, RedirectCpu> {
  readonly #handle: MapHandle;
  readonly #targets: Elements<number, Target>;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle) {
    super(handle, new Targets(handle, indexKey(handle), CPU));
    this.#handle = handle;
    this.#targets = new Elements(handle, indexKey(handle), TARGET);
  }

  /**
   * Opens a CPU for packets.
   *
   * @param cpu Its number.
   * @param queueSize How many packets wait there at most, up to 16384.
   *
   * @throws {RangeError} There is no such CPU in the map, or the queue has no room.
   * @throws {TypeError} The map has no room for programs: its values have 4 bytes.
   * @throws {SyscallError} The machine cannot have such a CPU (`ENODEV`), the queue is too long (`EOVERFLOW`), or the
   * program was not loaded for this (`ENOMEM`).
   */
  set(cpu: number, queueSize: number, { program, mode = "any" }: RedirectOptions = {}): this {
    const target = { target: queueSize, program };
    const flags = updateFlags({ mode });
    const action = `open CPU ${cpu} in map "${this.name}"`;
    checkTarget(action, this.#handle, target, `no queue has ${queueSize} packets`);
    explained(action, CPU_HINTS, () => this.#targets.set(cpu, target, flags));
    return this;
  }
}

/** Arrays of devices (`BPF_MAP_TYPE_DEVMAP`). Since Linux 4.14. */
export function devMap(): MapKind<DeviceMap> {
  return {
    types: ["devmap"],
    keySize: 4,
    valueSize: [8, 4],
    open: (handle) => new DeviceMap(handle, indexKey(handle)),
  };
}

/** Devices by numbers of any size, as their indices (`BPF_MAP_TYPE_DEVMAP_HASH`). Since Linux 5.4. */
export function devMapHash(): MapKind<DeviceMap> {
  return {
    types: ["devmap_hash"],
    keySize: 4,
    valueSize: [8, 4],
    open: (handle) => new DeviceMap(handle, u32),
  };
}

/** CPUs by their numbers (`BPF_MAP_TYPE_CPUMAP`); new ones have a place for each possible CPU unless the options say. Since Linux 4.15. */
export function cpuMap(): MapKind<CpuMap> {
  return {
    types: ["cpumap"],
    keySize: 4,
    valueSize: [8, 4],
    creation: { maxEntries: possibleCpus },
    open: (handle) => new CpuMap(handle),
  };
}
