/**
 * Arenas: memory that programs and scripts share.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, Mapping, pageSize, syscallError } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import type { MapFacts } from "./info.ts";
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
   * default. Other processes can map it only with an address. V8 reserves memory at random places below 2^46: above, as
   * at `0x6000_0000_0000n`, there is room.
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

/** A mapping and how many use it. */
interface Shared {
  readonly mapping: Mapping;
  users: number;
}

/** By the ids of maps. */
const shared = new Map<number, Shared>();
/** Where arenas are that were created without an address; the kernel does not tell. */
const addresses = new Map<number, bigint>();

/** The whole of an arena, mapped for as long as something in this process uses it. */
export class ArenaMemory implements Disposable {
  readonly #id: number;
  #shared: Shared | undefined;

  /**
   * Maps the arena, or uses the mapping that there is.
   *
   * @throws {SyscallError} Its address is not free in this process, or not known to it.
   */
  constructor(map: Descriptor, facts: MapFacts) {
    this.#id = facts.id;
    const known = shared.get(facts.id) ?? { mapping: mapArena(map, facts), users: 0 };
    known.users++;
    shared.set(facts.id, known);
    addresses.set(facts.id, known.mapping.address);
    this.#shared = known;
  }

  /** The memory; of no bytes once nothing uses it any more. */
  get buffer(): ArrayBuffer {
    return this.#shared?.mapping.buffer ?? new ArrayBuffer(0);
  }

  /** Of the first byte. */
  get address(): bigint {
    return this.#shared?.mapping.address ?? 0n;
  }

  /** Ends the use; the last one unmaps the memory. */
  [Symbol.dispose](): void {
    const used = this.#shared;
    this.#shared = undefined;
    if (!used || --used.users > 0) return;
    shared.delete(this.#id);
    used.mapping[Symbol.dispose]();
  }
}

function mapArena(map: Descriptor, { id, maxEntries, extra }: MapFacts): Mapping {
  const address = extra || addresses.get(id);
  try {
    return new Mapping(map, {
      length: maxEntries * pageSize(),
      writable: true,
      ...(address !== undefined && { address }),
    });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const { errno, syscall } = error;
    throw syscallError(errno, syscall, `map ${map.what}`, reason(errno, address));
  }
}

/** Why it cannot be mapped: `arena_map_mmap()` and `arena_get_unmapped_area()` in kernel/bpf/arena.c. */
function reason(errno: number, address: bigint | undefined): string | undefined {
  if (address === undefined) {
    const elsewhere = errno === ERRNO.EINVAL || errno === ERRNO.EBUSY;
    return elsewhere
      ? "another process has it where this one cannot know: create it with an address"
      : undefined;
  }
  const at = `0x${address.toString(16)}`;
  return errno === ERRNO.EEXIST ? `something else is at its address ${at} in this process` : undefined;
}
