import { checkLength, checkText, describe } from "./_check.ts";
import type { Codec } from "./codec.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Texts of at most this many bytes are kept by {@linkcode cstr}, for the same few come again and again. */
const KEPT_LENGTH = 32;
/** A power of two. */
const KEPT_COUNT = 256;

/**
 * `char[size]` with NUL-terminated UTF-8 text, as a string: `comm`, paths, interface names.
 *
 * Reading stops at the first NUL or after `size` bytes. Writing fills up with NULs, of which there is at least one.
 *
 * @throws {RangeError} The size is not a positive integer.
 *
 * @example
 * ```ts
 * import { cstr } from "@waggle/ebpf/codec";
 *
 * const Comm = cstr(16); // char comm[TASK_COMM_LEN]
 * Comm.size; // 16
 * ```
 */
export function cstr(size: number): Codec<string> {
  const type = `char[${size}]`;
  checkLength(type, size);
  const kept: string[] = [];
  return {
    size,
    align: 1,
    type,
    read: (view, at) => readKept(kept, view, at, size),
    write: (view, at, value) => writeText(type, view, at, size, value),
  };
}

/**
 * Reads the NUL-terminated UTF-8 text at byte `at`, which ends after `size` bytes where there is no NUL.
 *
 * @example
 * ```ts
 * import { readText } from "@waggle/ebpf/codec";
 *
 * const view = new DataView(Uint8Array.of(0x73, 0x68, 0, 0xff).buffer);
 * readText(view, 0, 4); // "sh"
 * ```
 */
export function readText(view: DataView, at: number, size: number): string {
  const end = at + size;
  let text = "";
  for (let i = at; i < end; i++) {
    const byte = view.getUint8(i);
    if (byte === 0) return text;
    if (byte >= 0x80) return readUtf8(view, at, i, end);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** A single `char`, 1 byte, as a string of one character from U+0000 to U+00FF; text has {@linkcode cstr}. */
export const char: Codec<string> = {
  size: 1,
  align: 1,
  type: "char",
  read: (view, at) => String.fromCharCode(view.getUint8(at)),
  write(view, at, value) {
    const code = checkText("char", value).charCodeAt(0);
    if (value.length !== 1 || code > 0xff) {
      throw new RangeError(
        `Cannot encode ${describe(value)} as char: not one character from U+0000 to U+00FF`,
      );
    }
    view.setUint8(at, code);
  },
};

/** A TextDecoder call costs more than a hundred nanoseconds, so only text beyond ASCII gets one. */
function readUtf8(view: DataView, start: number, from: number, end: number): string {
  let i = from;
  while (i < end && view.getUint8(i) !== 0) i++;
  return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + start, i - start));
}

/** Reads short ASCII text through a small cache, which compares bytes where a new string would be made. */
function readKept(kept: string[], view: DataView, at: number, size: number): string {
  let hash = 0;
  let length = 0;
  while (length < size) {
    const byte = view.getUint8(at + length);
    if (byte === 0) break;
    if (byte >= 0x80 || length >= KEPT_LENGTH) return readText(view, at, size);
    hash = (Math.imul(hash, 31) + byte) | 0;
    length++;
  }
  const place = (hash ^ (hash >>> 8)) & (KEPT_COUNT - 1);
  const candidate = kept[place];
  if (candidate !== undefined && isTextAt(candidate, view, at, length)) return candidate;
  const text = readText(view, at, length);
  kept[place] = text;
  return text;
}

function isTextAt(text: string, view: DataView, at: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) !== view.getUint8(at + i)) return false;
  }
  return true;
}

function writeText(type: string, view: DataView, at: number, size: number, value: string): void {
  if (checkText(type, value).includes("\0")) {
    throw new RangeError(`Cannot encode ${describe(value)} as ${type}: it has a NUL in it`);
  }
  const encoded = isAscii(value) ? undefined : encoder.encode(value);
  const length = encoded?.length ?? value.length;
  if (length >= size) {
    throw new RangeError(
      `Cannot encode ${describe(value)} as ${type}: ${length} bytes and a NUL do not fit in ${size}`,
    );
  }
  for (let i = 0; i < length; i++) view.setUint8(at + i, encoded?.[i] ?? value.charCodeAt(i));
  for (let i = length; i < size; i++) view.setUint8(at + i, 0);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return false;
  }
  return true;
}
