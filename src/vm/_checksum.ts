/** Internet checksums in the steps that the kernel's helpers do them in: words of 16 bits, as the machine has them. */

/** Adds with the carry brought around (`csum_add`). */
export function add(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0);
  return sum > 0xffff_ffff ? (sum + 1) >>> 0 : sum;
}

/** Folds 32 bits to 16, without the complement (`csum_from32to16`). */
export function fold(sum: number): number {
  let folded = sum >>> 0;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** The sum of the words of bytes, of 4 each, added to a seed (`csum_partial`). */
export function partial(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = seed >>> 0;
  for (let at = 0; at < bytes.length; at += 4) sum = add(sum, view.getUint32(at, true));
  return sum;
}

/** Takes one value out of a checksum and puts another in (`csum_replace4`; of two bytes, `csum_replace2`). */
export function replace(checksum: number, from: number, to: number): number {
  return ~fold(add(add(~checksum & 0xffff, ~from), to)) & 0xffff;
}

/** The same for values of two bytes. */
export function replace16(checksum: number, from: number, to: number): number {
  return ~fold((~checksum & 0xffff) + (~from & 0xffff) + (to & 0xffff)) & 0xffff;
}

/** Adds a difference that `bpf_csum_diff()` gave to a checksum (`csum_replace_by_diff`). */
export function replaceByDifference(checksum: number, difference: number): number {
  return ~fold(add(difference, ~checksum & 0xffff)) & 0xffff;
}
