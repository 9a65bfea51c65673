/**
 * What a runtime has to offer: system calls, addresses of buffers, buffers over addresses, and one asynchronous wait.
 *
 * Addresses and 64-bit words are `bigint`: in Deno a `number` given to a 64-bit parameter leaves the fast call path.
 *
 * @module
 */

/** The processors whose system call numbers and machine code are known. */
export type Arch = "x86_64" | "aarch64";

/** An argument of a system call. */
export type Word = number | bigint;

/** One runtime's door to the kernel. */
export interface Native {
  /** Who makes the calls, for messages and tests. */
  readonly runtime: "deno" | "bun" | "fake";
  /** The processor. */
  readonly arch: Arch;
  /** How system calls are made: by machine code that returns `-errno`, by libc's `syscall(3)`, or not at all. */
  readonly via: "stub" | "libc" | "fake";
  /** Makes a system call now. Returns its result; `-errno` where it failed. */
  syscall(number: number, a?: Word, b?: Word, c?: Word, d?: Word, e?: Word, f?: Word): number;
  /** Makes `bpf(command, attr, size)` now, without converting anything. Returns its result or `-errno`. */
  bpf(command: number, attr: bigint, size: number): number;
  /** The address of the first byte; 0 for an empty buffer. Does not keep the buffer alive. */
  addressOf(buffer: ArrayBufferLike): bigint;
  /** A buffer over `length` bytes of memory that JavaScript does not own. Reading it once it is unmapped crashes. */
  bufferAt(address: bigint, length: number): ArrayBuffer;
  /** Reads `words[index]` such that later reads cannot see anything older (load-acquire). */
  acquire(words: Int32Array, index: number): number;
  /**
   * Waits off the main thread until the epoll instance has events and writes up to `capacity` of them to `events`
   * (`struct epoll_event`). Resolves with their number, 0 where it was woken for nothing, or with `-errno`.
   * Keeps the process alive. The caller keeps `events` alive.
   */
  epollWait(epoll: number, events: ArrayBuffer, capacity: number): Promise<number>;
  /** Opens `lzma_stream_buffer_decode()` of liblzma; `undefined` where this machine has none. */
  lzma(): LzmaDecode | undefined;
}

/** `lzma_stream_buffer_decode(3)`: each of its nine arguments as a word. Returns its `lzma_ret`. */
export type LzmaDecode = (...words: readonly bigint[]) => number;

/** What it is opened by. */
export const LIBLZMA = { library: "liblzma.so.5", decode: "lzma_stream_buffer_decode", words: 9 } as const;

/** Opens libc: throws `PermissionError` without `--allow-ffi`, `NotSupportedError` on other systems. */
export type Backend = () => Native;
