/**
 * Commands of `bpf(2)` on maps in memory, for what stands in for maps of the kernel.
 *
 * @module
 */
import { viewOf } from "./_memory.ts";
import { BloomStore, QueueStore } from "./_queue_store.ts";
import { ERRNO } from "./_store.ts";
import type { VmMap } from "./map.ts";

/** `BPF_F_CPU` and `BPF_F_ALL_CPUS`: whose value is meant, in per-CPU maps. */
const FLAG = { CPU: 8n, ALL_CPUS: 16n } as const;

/**
 * What system calls do to a map. Commands return 0 or `-errno`, as the kernel's do; values of per-CPU maps have those of all CPUs,
 * each rounded up to 8 bytes.
 *
 * @example
 * ```ts
 * import { VmMap, VmMapCommands } from "@waggle/ebpf/vm";
 *
 * const map = new VmMap("counts", { type: 1, keySize: 4, valueSize: 8, maxEntries: 1 }); // BPF_MAP_TYPE_HASH
 * const commands = new VmMapCommands(map);
 * commands.update(new Uint8Array(4), new Uint8Array(8)); // 0
 * commands.update(Uint8Array.of(1, 0, 0, 0), new Uint8Array(8)); // -7, E2BIG
 * ```
 */
export class VmMapCommands {
  readonly #map: VmMap;

  /** Commands on this map. */
  constructor(map: VmMap) {
    this.#map = map;
  }

  /** `BPF_MAP_LOOKUP_ELEM`: fills the value. */
  lookup(key: Uint8Array, value: Uint8Array, flags = 0n): number {
    const { store } = this.#map;
    if (store instanceof QueueStore || store instanceof BloomStore) return store.peek(value);
    return this.#each(value, flags, (cpu, part) => {
      const at = store.find(viewOf(key), 0, cpu, true);
      if (at < 0) return -ERRNO.ENOENT;
      part.set(store.values.bytes.subarray(at, at + part.length));
      return 0;
    });
  }

  /** `BPF_MAP_UPDATE_ELEM`. */
  update(key: Uint8Array, value: Uint8Array, flags = 0n): number {
    const { store, cpus } = this.#map;
    const mode = Number(flags & 7n);
    let first = true;
    const put = (cpu: number, part: Uint8Array) => {
      // The element that the first one made is there for the others
      const result = store.update(key, part, first ? mode : 0, cpu);
      first = false;
      return result;
    };
    if (cpus === 1 || (flags & FLAG.ALL_CPUS) === 0n) return this.#each(value, flags, put);
    let result = 0;
    for (let cpu = 0; cpu < cpus && result === 0; cpu++) result = put(cpu, value);
    return result;
  }

  /** `BPF_MAP_DELETE_ELEM`. */
  delete(key: Uint8Array): number {
    return this.#map.store.remove(key);
  }

  /** `BPF_MAP_LOOKUP_AND_DELETE_ELEM`: fills the value and removes the element. */
  take(key: Uint8Array, value: Uint8Array, flags = 0n): number {
    const { store } = this.#map;
    if (store instanceof QueueStore || store instanceof BloomStore) return store.pop(value);
    const result = this.lookup(key, value, flags);
    return result === 0 ? this.delete(key) : result;
  }

  /** The parts of a value, by CPUs; one part where one CPU is meant or all share one. */
  #each(value: Uint8Array, flags: bigint, command: (cpu: number, part: Uint8Array) => number): number {
    const { cpus, valueSize } = this.#map;
    if (cpus === 1) return command(0, value.subarray(0, valueSize));
    if ((flags & FLAG.CPU) !== 0n) {
      const cpu = Number(flags >> 32n);
      return cpu < cpus ? command(cpu, value.subarray(0, valueSize)) : -ERRNO.ERANGE;
    }
    const stride = Math.ceil(valueSize / 8) * 8;
    for (let cpu = 0; cpu < cpus; cpu++) {
      const result = command(cpu, value.subarray(cpu * stride, cpu * stride + valueSize));
      if (result !== 0) return result;
    }
    return 0;
  }
}
