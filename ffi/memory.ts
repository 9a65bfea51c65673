/**
 * Buffers whose address the kernel may be given.
 *
 * @module
 */
import { native } from "./current.ts";

/**
 * A new buffer of zeroes that stays where it is.
 *
 * Bun moves the bytes of a small `new Uint8Array(n)` when its `.buffer` is first touched, so the buffer comes first.
 */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(size));
}

/** The address of the first of these bytes. Keep the array reachable for as long as the kernel may use it. */
export function addressOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return native().addressOf(bytes.buffer) + BigInt(bytes.byteOffset);
}

/**
 * Keeps what is given alive up to this call.
 *
 * An address in a struct does not count as a reference: without one after the system call, an optimising compiler may
 * let the collector free the buffer during it.
 */
export function keepAlive(...held: readonly unknown[]): void {
  anchor.held = held;
}

const anchor: { held: readonly unknown[] } = { held: [] };
