/**
 * {@linkcode Native} by JavaScript functions, so that a test answers any system call with any result and no kernel,
 * permission or runtime is needed.
 *
 * @module
 */
import type { Arch, Native, Word } from "./native.ts";
import { type SystemCall, systemCalls } from "./arch.ts";

/** A system call as a test sees it. */
export interface FakeCall {
  /** The name of the call: `bpf`, `openat`. */
  readonly name: SystemCall | "unknown";
  /** Up to six arguments. */
  readonly args: readonly Word[];
  /** `size` bytes of the buffer that an address given to the kernel points to, to read and to write. */
  memory(address: Word, size: number): Uint8Array;
}

/** What a test gives: the answer to each call, a result or `-errno`. */
export type FakeKernel = (call: FakeCall) => number;

/** What a fake leaves to look at. */
export interface FakeNative extends Native {
  /** Every call so far, oldest first. */
  readonly calls: readonly FakeCall[];
  /** Makes memory as the kernel would, for answers of `mmap`. */
  map(size: number): bigint;
}

const FIRST_ADDRESS = 0x1000_0000_0000n;
const SPACING = 0x1_0000_0000n; // between buffers, so that an address off by less than 4 GiB is still told apart

/** Answers every system call by `kernel`. Addresses are made up, and only those of buffers it was asked about exist. */
export function fakeNative(kernel: FakeKernel, arch: Arch = "x86_64"): FakeNative {
  const names = new Map(Object.entries(systemCalls(arch)).map(([name, number]) => [number, name]));
  const addresses = new WeakMap<ArrayBufferLike, bigint>();
  const buffers: ArrayBufferLike[] = [];
  const calls: FakeCall[] = [];

  function addressOf(buffer: ArrayBufferLike): bigint {
    if (buffer.byteLength === 0) return 0n;
    const known = addresses.get(buffer);
    if (known !== undefined) return known;
    const address = FIRST_ADDRESS + SPACING * BigInt(buffers.push(buffer) - 1);
    addresses.set(buffer, address);
    return address;
  }

  function memory(address: Word, size: number): Uint8Array {
    const at = BigInt(address) - FIRST_ADDRESS;
    const buffer = buffers[Number(at / SPACING)];
    const offset = Number(at % SPACING);
    if (at < 0n || !buffer || offset + size > buffer.byteLength) {
      throw new RangeError(`Cannot access ${size} bytes at ${address}: no buffer is there`);
    }
    return new Uint8Array(buffer, offset, size);
  }

  function answer(number: number, args: readonly Word[]): number {
    const name = names.get(number) ?? "unknown";
    const call: FakeCall = { name: name as FakeCall["name"], args, memory };
    calls.push(call);
    return kernel(call);
  }

  return {
    runtime: "fake",
    arch,
    via: "fake",
    calls,
    syscall: (number, ...args) => answer(number, args.map((arg) => arg ?? 0)),
    bpf: (command, attr, size) => answer(systemCalls(arch).bpf, [command, attr, size]),
    addressOf,
    bufferAt(address, length) {
      const bytes = memory(address, length);
      if (
        bytes.byteOffset !== 0 || length !== bytes.buffer.byteLength || !(bytes.buffer instanceof ArrayBuffer)
      ) {
        throw new RangeError("Cannot make a buffer: a fake gives whole buffers only");
      }
      return bytes.buffer;
    },
    map: (size) => addressOf(new ArrayBuffer(size)),
    acquire: (words, index) => words[index] ?? 0,
    epollWait: (epoll, events, capacity) =>
      Promise.resolve(answer(systemCalls(arch).epoll_pwait, [epoll, addressOf(events), capacity, -1])),
    lzma: () => undefined,
  };
}
