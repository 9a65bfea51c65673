/**
 * mmap(2) with views that cannot outlive it.
 *
 * @module
 */
import { native } from "../../ffi/mod.ts";
import { ClosedError, NotSupportedError } from "../errors.ts";
import { syscall, trySyscall } from "./call.ts";
import type { Descriptor } from "./descriptor.ts";
import { readFile } from "./file.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED_NOREPLACE = 0x100000;
const AT_PAGESZ = 6n;

let page: number | undefined;

/** Size of a page of this machine, in bytes: 4096 on x86-64, up to 65536 on arm64. */
export function pageSize(): number {
  if (page !== undefined) return page;
  const vector = new BigUint64Array(readFile("/proc/self/auxv").slice().buffer);
  for (let i = 0; i + 1 < vector.length; i += 2) {
    if (vector[i] === AT_PAGESZ) return page = Number(vector[i + 1]);
  }
  throw new NotSupportedError("Cannot find the size of a page: /proc/self/auxv has no AT_PAGESZ");
}

/** What to map. */
export interface MappingOptions {
  /** In bytes. */
  readonly length: number;
  /** In bytes from the start of the object; 0 by default. */
  readonly offset?: number;
  /** Whether to map for writing too. */
  readonly writable?: boolean;
  /** Where to map it, as arenas may ask for; wherever there is room by default. */
  readonly address?: bigint;
  /** Whether to map a private copy; files of sysfs allow no other way. */
  readonly copy?: boolean;
}

/** Memory on loan; disposal ends that. */
export interface Loan extends Disposable {
  /** The memory. */
  readonly buffer: ArrayBuffer;
}

/**
 * Memory shared with the kernel. Disposal makes every view of {@linkcode Mapping.buffer} empty before the memory goes,
 * so that a view that is still around reads nothing instead of crashing.
 */
export class Mapping implements Disposable {
  readonly #address: bigint;
  readonly #length: number;
  readonly #what: string;
  #buffer: ArrayBuffer | undefined;

  /** Maps a part of what the descriptor stands for. */
  constructor(
    descriptor: Descriptor,
    { length, offset = 0, writable = false, copy = false, address = 0n }: MappingOptions,
  ) {
    this.#what = descriptor.what;
    this.#length = length;
    const protection = PROT_READ | (writable ? PROT_WRITE : 0);
    const flags = (copy ? MAP_PRIVATE : MAP_SHARED) | (address === 0n ? 0 : MAP_FIXED_NOREPLACE);
    this.#address = BigInt(
      syscall(`map ${this.#what}`, "mmap", address, length, protection, flags, descriptor.fd, offset),
    );
    this.#buffer = native().bufferAt(this.#address, length);
  }

  /**
   * The memory. Writing to a mapping that was not asked to be writable crashes the process.
   *
   * @throws {ClosedError} It was disposed of.
   */
  get buffer(): ArrayBuffer {
    if (!this.#buffer) throw new ClosedError(`Cannot access the memory of ${this.#what}: it is closed`);
    return this.#buffer;
  }

  /**
   * Lends a part of the memory: the buffer is one of its own, and empty once the loan is disposed of, so that whoever keeps
   * a view reads nothing. The runtime counts what is lent as garbage to come: lend what is needed, not all there is.
   */
  lend(offset: number, length: number): Loan {
    this.buffer; // throws where the memory is gone
    const buffer = native().bufferAt(this.#address + BigInt(offset), length);
    return { buffer, [Symbol.dispose]: () => void buffer.transfer() };
  }

  /** Where the memory is in this process. */
  get address(): bigint {
    return this.#address;
  }

  /** Empties all views and unmaps the memory; harmless when that is done already. */
  [Symbol.dispose](): void {
    if (!this.#buffer) return;
    this.#buffer.transfer();
    this.#buffer = undefined;
    trySyscall("munmap", this.#address, this.#length);
  }
}

/**
 * The way to read an `Int32Array` over shared memory such that later reads see nothing older (`smp_load_acquire`).
 *
 * Returned rather than called, so that a reader pays for the choice of runtime once and not per record.
 */
export function acquireLoad(): (words: Int32Array, index: number) => number {
  return native().acquire;
}
