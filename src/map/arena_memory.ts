/**
 * The memory of arenas in this process.
 *
 * The kernel has an arena at one address for good: that of `map_extra`, or else the one where it was mapped first. All
 * that use an arena here share one mapping, as there can be no second one.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, Mapping, pageSize, syscallError } from "../sys/mod.ts";
import type { MapFacts } from "./info.ts";

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
