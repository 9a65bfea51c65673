/**
 * Arrays that structs of the kernel point to.
 *
 * @module
 */
import { addressOf, allocate } from "../../ffi/mod.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { cString } from "./attr.ts";

const WORD = 8;

/** An array of `__u64`. */
export function words64(values: readonly (number | bigint)[]): Uint8Array<ArrayBuffer> {
  const bytes = allocate(values.length * WORD);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setBigUint64(i * WORD, BigInt.asUintN(64, BigInt(value)), LITTLE_ENDIAN));
  return bytes;
}

/** An array of `__u32`. */
export function words32(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = allocate(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(i * 4, value, LITTLE_ENDIAN));
  return bytes;
}

/** An array of `const char *`, followed by the texts in the same memory. */
export function cStrings(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const strings = texts.map(cString);
  const bytes = allocate(strings.reduce((size, { length }) => size + length, texts.length * WORD));
  const [view, start] = [new DataView(bytes.buffer), addressOf(bytes)];
  let at = texts.length * WORD;
  strings.forEach((string, i) => {
    view.setBigUint64(i * WORD, start + BigInt(at), LITTLE_ENDIAN);
    bytes.set(string, at);
    at += string.length;
  });
  return bytes;
}

/** All bytes, one part behind the other. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
