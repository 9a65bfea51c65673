/**
 * Reads a number of `count` bits that starts at bit `start`, counted from the start of the bytes: from the lowest bit
 * of the first byte on in little-endian order, and from its highest in big-endian order, as BTF counts them.
 */
export function readBits(view: DataView, start: number, count: number, littleEndian: boolean): bigint {
  const first = Math.floor(start / 8);
  const end = Math.ceil((start + count) / 8);
  let value = 0n;
  if (littleEndian) {
    for (let at = end - 1; at >= first; at--) value = value << 8n | BigInt(view.getUint8(at));
    value >>= BigInt(start % 8);
  } else {
    for (let at = first; at < end; at++) value = value << 8n | BigInt(view.getUint8(at));
    value >>= BigInt(end * 8 - start - count);
  }
  return BigInt.asUintN(count, value);
}
