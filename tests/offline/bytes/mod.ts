/**
 * Stand-in for `@std/bytes` where JSR cannot be reached.
 *
 * Never published. deno.offline.json maps `@std/bytes` here for Deno, tests/tsconfig.json for Bun.
 *
 * @module
 */

/** Joins byte arrays into a new one. */
export function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(buffers.reduce((length, buffer) => length + buffer.length, 0));
  let at = 0;
  for (const buffer of buffers) {
    joined.set(buffer, at);
    at += buffer.length;
  }
  return joined;
}

/** Whether the arrays hold the same bytes. */
export function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The first index at or after `start` where `needle` begins, or -1. */
export function indexOfNeedle(source: Uint8Array, needle: Uint8Array, start = 0): number {
  for (let at = Math.max(start, 0); at + needle.length <= source.length; at++) {
    if (equals(source.subarray(at, at + needle.length), needle)) return at;
  }
  return -1;
}

/** Whether `needle` occurs at or after `start`. */
export function includesNeedle(source: Uint8Array, needle: Uint8Array, start = 0): boolean {
  return indexOfNeedle(source, needle, start) !== -1;
}

/** Whether `source` begins with `prefix`. */
export function startsWith(source: Uint8Array, prefix: Uint8Array): boolean {
  return equals(source.subarray(0, prefix.length), prefix);
}

/** Whether `source` ends with `suffix`. */
export function endsWith(source: Uint8Array, suffix: Uint8Array): boolean {
  return suffix.length <= source.length && equals(source.subarray(source.length - suffix.length), suffix);
}
