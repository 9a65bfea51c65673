/**
 * Arenas: memory that programs and scripts share.
 *
 * @module
 */
import { pageSize } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { ArenaMemory } from "./arena_memory.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";

/**
 * Pages of memory that programs allocate and link by pointers, at the same addresses in this process. A page that
 * nobody allocated comes when it is first touched here.
 *
 * Programs that use an arena without an address of its own can be loaded once {@linkcode Arena.address} was asked for.
 */
export class Arena extends BpfMap {
  #memory: ArenaMemory | undefined;

  /** In bytes. */
  get byteLength(): number {
    return this.facts.maxEntries * pageSize();
  }

  /**
   * The memory, mapped on first use and until all that use the arena in this process are closed; then views of it are
   * empty.
   *
   * @throws {SyscallError} The address is not free in this process, or only another process knows it.
   */
  get buffer(): ArrayBuffer {
    return this.#open().buffer;
  }

  /** The address of the first byte in this process, which pointers of programs are relative to. */
  get address(): bigint {
    return this.#open().address;
  }

  /**
   * Where in the buffer a pointer points that a program stored, in bytes. Programs see the lower half of it alone.
   *
   * @throws {RangeError} It is null, or points elsewhere.
   */
  offsetOf(pointer: bigint): number {
    const offset = Number(BigInt.asUintN(32, pointer - this.address));
    if (pointer !== 0n && offset < this.byteLength) return offset;
    throw new RangeError(`Cannot follow pointer 0x${pointer.toString(16)}: it is not of map "${this.name}"`);
  }

  /** Unmaps the memory and closes the arena. */
  override close(): void {
    this.#memory?.[Symbol.dispose]();
    super.close();
  }

  #open(): ArenaMemory {
    this.descriptor.fd; // throws where the map is closed
    return this.#memory ??= new ArenaMemory(this.descriptor, this.facts);
  }
}

/** Options of {@linkcode arena}. */
export interface ArenaOptions {
  /**
   * Where a new arena is to be in all processes, a multiple of the size of a page; wherever there is room in this one by
   * default. Other processes can map it only with an address.
   */
  readonly address?: bigint;
}

/** Arenas (`BPF_MAP_TYPE_ARENA`). The entries of a new one are pages, 4 GiB of them at most. Since Linux 6.9. */
export function arena({ address }: ArenaOptions = {}): MapKind<Arena> {
  return {
    types: ["arena"],
    keySize: 0,
    valueSize: 0,
    creation: { flags: BPF_MAP_FLAG.MMAPABLE, ...(address !== undefined && { extra: address }) },
    open: (handle) => new Arena(handle),
  };
}
