/**
 * Networks of both families as keys of one trie.
 *
 * @module
 */
import { type Codec, ipv4Prefix, ipv6Prefix, u32 } from "../codec/mod.ts";

/** Before the address: `bits`, and the family, whose bits count as well. */
const FAMILY = 4;
const FAMILY_BITS = 32;

/** A network as text: `10.0.0.0/8`, `2001:db8::/32`; what kernel functions ask for addresses. */
export const networkPrefix: Codec<string> = {
  size: FAMILY + ipv6Prefix.size,
  align: 4,
  type: "networkPrefix",
  read(view, at) {
    const prefix = u32.read(view, at + FAMILY) === 4 ? ipv4Prefix : ipv6Prefix;
    const key = new DataView(new ArrayBuffer(prefix.size));
    for (let i = 0; i < prefix.size; i++) key.setUint8(i, view.getUint8(at + FAMILY + i));
    u32.write(key, 0, Math.max(u32.read(view, at) - FAMILY_BITS, 0));
    return prefix.read(key, 0);
  },
  write(view, at, value) {
    const isIpv6 = String(value).includes(":");
    for (let i = 0; i < networkPrefix.size; i++) view.setUint8(at + i, 0);
    (isIpv6 ? ipv6Prefix : ipv4Prefix).write(view, at + FAMILY, value);
    u32.write(view, at, u32.read(view, at + FAMILY) + FAMILY_BITS);
    u32.write(view, at + FAMILY, isIpv6 ? 6 : 4);
  },
};
