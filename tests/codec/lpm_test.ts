import { assertEquals, assertThrows } from "@std/assert";
import { type Codec, ipv4Prefix, ipv6Prefix, lpmBytes, u32 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

/** The prefix length and the data of a key, which was written over ones. */
function keyOf<T>(codec: Codec<T>, value: T): [number, number[]] {
  const bytes = new Uint8Array(codec.size).fill(0xff);
  const view = new DataView(bytes.buffer);
  codec.write(view, 0, value);
  return [u32.read(view, 0), [...bytes.subarray(4)]];
}

function viewOf(prefixLength: number, data: readonly number[]): DataView {
  const view = new DataView(Uint8Array.of(0, 0, 0, 0, ...data).buffer);
  u32.write(view, 0, prefixLength);
  return view;
}

test("ipv4Prefix is a key of an LPM trie", () => {
  assertEquals([ipv4Prefix.size, ipv4Prefix.align, ipv4Prefix.type], [8, 4, "ipv4Prefix"]);
  assertEquals(keyOf(ipv4Prefix, "10.0.0.0/8"), [8, [10, 0, 0, 0]]);
  assertEquals(keyOf(ipv4Prefix, "192.0.2.1"), [32, [192, 0, 2, 1]]);
  assertEquals(keyOf(ipv4Prefix, "192.0.2.255/32"), [32, [192, 0, 2, 255]]);
  assertEquals(keyOf(ipv4Prefix, "255.255.255.255/0"), [0, [0, 0, 0, 0]]);
  assertEquals(ipv4Prefix.read(viewOf(8, [10, 0, 0, 0]), 0), "10.0.0.0/8");
  assertEquals(ipv4Prefix.read(viewOf(8, [10, 1, 2, 3]), 0), "10.1.2.3/8");
});

test("ipv4Prefix zeroes the bits that do not count", () => {
  assertEquals(keyOf(ipv4Prefix, "10.1.2.3/8"), [8, [10, 0, 0, 0]]);
  for (let bits = 0; bits <= 32; bits++) {
    const mask = bits === 0 ? 0 : -1 << (32 - bits);
    const expected = [24, 16, 8, 0].map((shift) => mask >>> shift & 0xff);
    assertEquals(keyOf(ipv4Prefix, `255.255.255.255/${bits}`), [bits, expected]);
  }
});

test("ipv6Prefix is a key of an LPM trie", () => {
  assertEquals([ipv6Prefix.size, ipv6Prefix.align], [20, 4]);
  const zeros = (count: number) => new Array(count).fill(0);
  assertEquals(keyOf(ipv6Prefix, "2001:db8::/32"), [32, [0x20, 1, 0xd, 0xb8, ...zeros(12)]]);
  assertEquals(keyOf(ipv6Prefix, "2001:dbf::1/29"), [29, [0x20, 1, 0xd, 0xb8, ...zeros(12)]]);
  assertEquals(keyOf(ipv6Prefix, "::1"), [128, [...zeros(15), 1]]);
  assertEquals(keyOf(ipv6Prefix, "::3/127"), [127, [...zeros(15), 2]]);
  assertEquals(ipv6Prefix.read(viewOf(32, [0x20, 1, 0xd, 0xb8, ...zeros(12)]), 0), "2001:db8::/32");
});

test("ipv4Prefix and ipv6Prefix refuse what is no prefix", () => {
  for (
    const text of [
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0.0/-1",
      "10.0.0.0/08",
      "10.0.0.0/8/8",
      "10.0.0.0/1e1",
      "10.0.0.0/ 8",
    ]
  ) {
    assertThrows(
      () => keyOf(ipv4Prefix, text),
      RangeError,
      `Cannot encode "${text}" as ipv4Prefix: no prefix length from 0 to 32`,
    );
  }
  assertThrows(() => keyOf(ipv6Prefix, "::/129"), RangeError, "no prefix length from 0 to 128");
  assertThrows(
    () => keyOf(ipv4Prefix, "10.0.0/8"),
    RangeError,
    'Cannot encode "10.0.0" as ipv4: not an IPv4',
  );
  assertThrows(() => keyOf(ipv4Prefix, "/8"), RangeError, 'Cannot encode "" as ipv4');
  assertThrows(() => keyOf(ipv4Prefix, 8 as unknown as string), TypeError, "as ipv4Prefix: not a string");
  assertThrows(
    () => ipv4Prefix.read(viewOf(33, [0, 0, 0, 0]), 0),
    RangeError,
    "Cannot decode a prefix of 33 bits as ipv4Prefix: it has 32",
  );
});

test("lpmBytes() is a key of any length", () => {
  const codec = lpmBytes(3);
  assertEquals([codec.size, codec.align], [7, 1]);
  assertEquals([lpmBytes(8).size, lpmBytes(8).align], [12, 4]);
  const data = Uint8Array.of(0xff, 0xff, 0xff);
  assertEquals(keyOf(codec, { prefixLength: 12, data }), [12, [0xff, 0xf0, 0]]);
  assertEquals(keyOf(codec, { prefixLength: 24, data }), [24, [0xff, 0xff, 0xff]]);
  assertEquals(data, Uint8Array.of(0xff, 0xff, 0xff));
  assertEquals(codec.read(viewOf(12, [1, 2, 3]), 0), { prefixLength: 12, data: Uint8Array.of(1, 2, 3) });
});

test("lpmBytes() refuses what is no key", () => {
  const codec = lpmBytes(2);
  const data = new Uint8Array(2);
  assertThrows(() => keyOf(codec, { prefixLength: 17, data }), RangeError, "not an integer from 0 to 16");
  assertThrows(() => keyOf(codec, { prefixLength: 1, data: new Uint8Array(3) }), RangeError, "not 2 bytes");
  assertThrows(
    () => keyOf(codec, null as unknown as { prefixLength: number; data: Uint8Array }),
    TypeError,
    "object",
  );
  assertThrows(() => codec.read(viewOf(17, [0, 0]), 0), RangeError, "17 bits as lpmBytes(2): it has 16");
  for (const length of [0, 257, 1.5]) assertThrows(() => lpmBytes(length), RangeError, "from 1 to 256");
});
