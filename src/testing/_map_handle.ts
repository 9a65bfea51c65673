/** Maps in memory, behind the classes of those in the kernel. */
import { ClosedError, NotSupportedError } from "../errors.ts";
import {
  type BatchFields,
  type BpfMap,
  type ElementAccess,
  type MapFacts,
  MapHandle,
  type MapKind,
  mapTypeName,
  type Records,
} from "../map/mod.ts";
import { type BatchCommand, type BatchResult, type Descriptor, ERRNO } from "../sys/mod.ts";
import { type VmMap, VmMapCommands } from "../vm/mod.ts";
import type { Failures } from "./_failures.ts";
import { MemoryRecords } from "./_records.ts";

/** A map in memory, and the kernel that it is of. */
export interface MemoryMap {
  readonly id: number;
  readonly map: VmMap;
  /** How many CPUs the kernel has. */
  readonly cpus: number;
  readonly failures: Failures;
}

/** The map of a kernel in memory. */
export class MemoryMapHandle extends MapHandle {
  readonly memory: MemoryMap;
  #closed = false;

  constructor(memory: MemoryMap, kind: MapKind<BpfMap>, name: string) {
    super(kind, { name });
    this.memory = memory;
  }

  override get descriptor(): Descriptor {
    this.check();
    throw new NotSupportedError(
      `Cannot use the descriptor of map "${this.name}": it is in the memory of a test`,
    );
  }

  override get facts(): MapFacts {
    const { id, map } = this.memory;
    const { name, type, keySize, valueSize, maxEntries, flags } = map;
    const none = { extra: 0n, btfId: 0, keyTypeId: 0, valueTypeId: 0, kernelValueTypeId: 0 };
    return { id, type: mapTypeName(type), name, keySize, valueSize, maxEntries, flags, ...none };
  }

  override get cpus(): number {
    return this.memory.cpus;
  }

  override get closed(): boolean {
    return this.#closed;
  }

  override element(keySize: number, valueSize: number): ElementAccess {
    return new MemoryElement(this, keySize, valueSize);
  }

  override batch(command: BatchCommand, fields: BatchFields): BatchResult {
    this.check();
    // All others are done element by element, as on kernels that have no such commands
    if (command !== "MAP_LOOKUP_AND_DELETE_BATCH") return { result: -ERRNO.ENOTSUPP, count: 0 };
    return this.#takeBatch(fields);
  }

  #takeBatch({ keys, values, count: room }: BatchFields): BatchResult {
    if (!(keys instanceof Uint8Array && values instanceof Uint8Array)) {
      return { result: -ERRNO.EFAULT, count: 0 };
    }
    const { map } = this.memory;
    const commands = new VmMapCommands(map);
    const all = [...map.keys()];
    const count = Number(room);
    const taken = all.slice(0, count);
    const valueSize = values.length / count;
    taken.forEach((key, i) => {
      keys.set(key, i * key.length);
      commands.take(key, values.subarray(i * valueSize, (i + 1) * valueSize));
    });
    return { result: all.length > taken.length ? 0 : -ERRNO.ENOENT, count: taken.length };
  }

  override records(): Records {
    return new MemoryRecords(this.memory.map);
  }

  override clone(): BpfMap {
    this.check();
    return this.kind.open(new MemoryMapHandle(this.memory, this.kind, this.name));
  }

  override close(): void {
    this.#closed = true;
  }

  /** @throws {ClosedError} The map was closed. */
  check(): void {
    if (this.#closed) throw new ClosedError(`Cannot use map "${this.name}": it is closed`);
  }
}

/** Single elements of a map in memory. */
class MemoryElement implements ElementAccess {
  readonly key: DataView;
  readonly value: DataView;
  readonly #handle: MemoryMapHandle;
  readonly #commands: VmMapCommands;
  readonly #keyBytes: Uint8Array;
  readonly #valueBytes: Uint8Array;
  /** The keys that {@linkcode MemoryElement.nextKey} goes through, and which of them comes next. */
  #keys: Uint8Array[] = [];
  #next = 0;

  constructor(handle: MemoryMapHandle, keySize: number, valueSize: number) {
    this.#handle = handle;
    this.#commands = new VmMapCommands(handle.memory.map);
    this.#keyBytes = new Uint8Array(keySize);
    this.#valueBytes = new Uint8Array(valueSize);
    this.key = new DataView(this.#keyBytes.buffer);
    this.value = new DataView(this.#valueBytes.buffer);
  }

  lookup(flags = 0n): number {
    return this.#fault("BPF_MAP_LOOKUP_ELEM") ||
      this.#commands.lookup(this.#keyBytes, this.#valueBytes, flags);
  }

  update(flags = 0n): number {
    return this.#fault("BPF_MAP_UPDATE_ELEM") ||
      this.#commands.update(this.#keyBytes, this.#valueBytes, flags);
  }

  delete(): number {
    return this.#fault("BPF_MAP_DELETE_ELEM") || this.#commands.delete(this.#keyBytes);
  }

  take(flags = 0n): number {
    return this.#fault("BPF_MAP_LOOKUP_AND_DELETE_ELEM") ||
      this.#commands.take(this.#keyBytes, this.#valueBytes, flags);
  }

  nextKey(first: boolean): number {
    const fault = this.#fault("BPF_MAP_GET_NEXT_KEY");
    if (fault < 0) return fault;
    const isNext = !first && this.#next > 0 && same(this.#keys[this.#next - 1], this.#keyBytes);
    if (!isNext) {
      this.#keys = [...this.#handle.memory.map.keys()];
      // As the kernel, begins anew where the key is not there
      this.#next = first ? 0 : this.#keys.findIndex((key) => same(key, this.#keyBytes)) + 1;
    }
    const key = this.#keys[this.#next++];
    if (key === undefined) return -ERRNO.ENOENT;
    this.#keyBytes.set(key);
    return 0;
  }

  #fault(command: string): number {
    this.#handle.check();
    return this.#handle.memory.failures.check(command, this.#handle.name);
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.every((byte, i) => byte === b[i]);
}
