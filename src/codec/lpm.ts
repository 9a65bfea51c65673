import { checkNumber, checkObject, checkText, describe } from "./_check.ts";
import { ipv4, ipv6 } from "./address.ts";
import { copyBytes, writeBytes } from "./bytes.ts";
import type { Codec } from "./codec.ts";
import { u32 } from "./int.ts";

/** What a key of an LPM trie says beside its data: how many bits of it count. */
export interface LpmKey {
  /** In bits. */
  prefixLength: number;
  /** The whole data in network order, the bits that do not count included. */
  data: Uint8Array;
}

/** Where the data is in `struct bpf_lpm_trie_key`, in bytes: behind `__u32 prefixlen`. */
const DATA = 4;

/**
 * An IPv4 network as the key of an LPM trie (`struct bpf_lpm_trie_key` with 4 bytes of data), as text: `10.0.0.0/8`.
 *
 * Writing takes an address for the network that is only itself (`/32`), and zeroes the bits that do not count.
 *
 * @example
 * ```ts
 * import { ipv4Prefix } from "@waggle/ebpf/codec";
 *
 * const key = new Uint8Array(ipv4Prefix.size);
 * ipv4Prefix.write(new DataView(key.buffer), 0, "10.1.2.3/8");
 * key; // 8, 0, 0, 0, 10, 0, 0, 0 on little-endian machines
 * ```
 */
export const ipv4Prefix: Codec<string> = prefix("ipv4Prefix", ipv4);

/**
 * An IPv6 network as the key of an LPM trie (`struct bpf_lpm_trie_key` with 16 bytes of data), as text:
 * `2001:db8::/32`.
 *
 * Writing takes an address for the network that is only itself (`/128`), and zeroes the bits that do not count.
 */
export const ipv6Prefix: Codec<string> = prefix("ipv6Prefix", ipv6);

function prefix(type: string, address: Codec<string>): Codec<string> {
  const most = address.size * 8;
  return {
    size: DATA + address.size,
    align: 4,
    type,
    read: (view, at) => `${address.read(view, at + DATA)}/${readLength(type, view, at, most)}`,
    write(view, at, value) {
      const [text = "", length] = checkText(type, value).split(/\/(.*)/s);
      const bits = length === undefined ? most : parseLength(length, most);
      if (bits === undefined) {
        throw new RangeError(
          `Cannot encode ${describe(value)} as ${type}: no prefix length from 0 to ${most}`,
        );
      }
      address.write(view, at + DATA, text);
      writeLength(view, at, address.size, bits);
    },
  };
}

function parseLength(text: string, most: number): number | undefined {
  const valid = /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= most;
  return valid ? Number(text) : undefined;
}

/**
 * A key of an LPM trie (`struct bpf_lpm_trie_key`) with `length` bytes of data. Writing zeroes the bits that do not
 * count.
 *
 * The key has no padding at its end: in C its struct is packed where the length is no multiple of 4.
 *
 * @throws {RangeError} The length is not from 1 to 256.
 *
 * @example
 * ```ts
 * import { lpmBytes } from "@waggle/ebpf/codec";
 *
 * const Key = lpmBytes(8); // struct { __u32 prefixlen; __u8 data[8]; }
 * const value = { prefixLength: 12, data: Uint8Array.of(0xab, 0xcd, 0, 0, 0, 0, 0, 0) };
 * Key.write(new DataView(new ArrayBuffer(Key.size)), 0, value);
 * ```
 */
export function lpmBytes(length: number): Codec<LpmKey> {
  const type = `lpmBytes(${length})`;
  if (!Number.isInteger(length) || length < 1 || length > MOST_DATA) {
    throw new RangeError(`Cannot make codec "${type}": length is not an integer from 1 to ${MOST_DATA}`);
  }
  const most = length * 8;
  return {
    size: DATA + length,
    align: length % 4 === 0 ? 4 : 1,
    type,
    read: (view, at) => ({
      prefixLength: readLength(type, view, at, most),
      data: copyBytes(view, at + DATA, length),
    }),
    write(view, at, value) {
      checkObject(type, value);
      const { prefixLength, data } = value as LpmKey;
      checkNumber(type, prefixLength, 0, most);
      writeBytes(type, view, at + DATA, length, data);
      writeLength(view, at, length, prefixLength);
    },
  };
}

/** `LPM_DATA_SIZE_MAX`, kernel/bpf/lpm_trie.c. */
const MOST_DATA = 256;

function readLength(type: string, view: DataView, at: number, most: number): number {
  const bits = u32.read(view, at);
  if (bits <= most) return bits;
  throw new RangeError(`Cannot decode a prefix of ${bits} bits as ${type}: it has ${most}`);
}

/** Writes how many bits count, and zeroes the others. */
function writeLength(view: DataView, at: number, size: number, bits: number): void {
  u32.write(view, at, bits);
  for (let i = bits >> 3; i < size; i++) {
    const place = at + DATA + i;
    const kept = i === bits >> 3 ? 0xff00 >> (bits & 7) : 0;
    view.setUint8(place, view.getUint8(place) & kept);
  }
}
