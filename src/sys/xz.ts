/**
 * Data compressed by xz(1).
 *
 * @module
 */
import { addressOf, allocate, keepAlive, native } from "../../ffi/mod.ts";
import { NotSupportedError } from "../errors.ts";

/** `lzma_ret` of `lzma/base.h`. */
const LZMA_OK = 0;
const LZMA_BUF_ERROR = 10;
/** What the decoder may take for itself, in bytes. */
const MOST_MEMORY = 1n << 28n;
/** What data compresses to in most cases, at least. */
const USUAL_RATIO = 4;

/**
 * Unpacks a file of xz(1) by liblzma (`lzma_stream_buffer_decode`). Returns `undefined` where the data is damaged, or longer
 * than `most` bytes.
 *
 * @throws {NotSupportedError} This machine has no liblzma.
 */
export function unpackXz(data: Uint8Array, most: number): Uint8Array | undefined {
  const decode = native().lzma();
  if (!decode) {
    throw new NotSupportedError(
      "Cannot unpack data of xz: this machine has no liblzma.so.5: install liblzma5 or xz-libs",
    );
  }
  const packed = allocate(data.length); // where it stays: Bun may move what it was given
  packed.set(data);
  const words = new BigUint64Array(new ArrayBuffer(24));
  const [limit, read, written] = [0, 8, 16].map((at) => addressOf(new Uint8Array(words.buffer, at)));
  for (let size = Math.min(most, packed.length * USUAL_RATIO); size > 0; size = Math.min(most, 2 * size)) {
    const out = allocate(size);
    words.set([MOST_MEMORY, 0n, 0n]);
    const result = decode(
      limit ?? 0n,
      0n, // flags
      0n, // malloc() and free()
      addressOf(packed),
      read ?? 0n,
      BigInt(packed.length),
      addressOf(out),
      written ?? 0n,
      BigInt(size),
    );
    keepAlive(packed, out, words);
    if (result === LZMA_OK) return out.subarray(0, Number(words[2]));
    if (result !== LZMA_BUF_ERROR || size === most) return undefined;
  }
  return undefined;
}
