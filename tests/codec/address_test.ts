import { assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type Codec, ipv4, ipv6, mac } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";
import { pick, type Random, randomOf } from "../fuzz/_random.ts";

function bytesOf(codec: Codec<string>, text: string): number[] {
  const bytes = new Uint8Array(codec.size + 2);
  codec.write(new DataView(bytes.buffer), 1, text);
  assertEquals([bytes[0], bytes.at(-1)], [0, 0]);
  return [...bytes.subarray(1, -1)];
}

function textOf(codec: Codec<string>, bytes: Iterable<number>): string {
  return codec.read(new DataView(Uint8Array.of(0xee, ...bytes).buffer), 1);
}

/** The text that is read of what another text is written as. */
function canonical(codec: Codec<string>, text: string): string {
  return textOf(codec, bytesOf(codec, text));
}

function hexOf(codec: Codec<string>, text: string): string {
  try {
    return bytesOf(codec, text).map((byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch (error) {
    if (error instanceof RangeError) return "none";
    throw error;
  }
}

test("ipv4 is in network order", () => {
  assertEquals(bytesOf(ipv4, "192.0.2.1"), [192, 0, 2, 1]);
  for (const text of ["0.0.0.0", "127.0.0.1", "255.255.255.255", "10.20.30.40"]) {
    assertEquals(canonical(ipv4, text), text);
  }
  assertEquals([ipv4.size, ipv4.align], [4, 4]);
});

test("ipv4 refuses what is no address", () => {
  for (
    const text of [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "256.0.0.1",
      "01.2.3.4",
      "1.2.3.-4",
      "1.2.3.4 ",
      "0x1.2.3.4",
      "::1",
    ]
  ) {
    assertThrows(
      () => bytesOf(ipv4, text),
      RangeError,
      `Cannot encode ${JSON.stringify(text)} as ipv4: not an IPv4 address`,
    );
  }
  assertThrows(
    () => bytesOf(ipv4, 1 as unknown as string),
    TypeError,
    "Cannot encode 1 as ipv4: not a string",
  );
});

test("ipv6 reads as RFC 5952 recommends", () => {
  const examples = {
    // 1: all of these are one address
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "2001:0db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "2001:db8::1:0:0:1": "2001:db8::1:0:0:1",
    "2001:db8::0:1:0:0:1": "2001:db8::1:0:0:1",
    "2001:0db8::1:0:0:1": "2001:db8::1:0:0:1",
    "2001:db8:0:0:1::1": "2001:db8::1:0:0:1",
    "2001:db8:0000:0:1::1": "2001:db8::1:0:0:1",
    "2001:DB8:0:0:1::1": "2001:db8::1:0:0:1",
    // 4.1: leading zeros
    "2001:0db8::0001": "2001:db8::1",
    // 4.2.1: as short as possible
    "2001:db8:0:0:0:0:2:1": "2001:db8::2:1",
    "2001:db8::0:1": "2001:db8::1",
    // 4.2.2: no "::" for one group
    "2001:db8::1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
    // 4.2.3: the longest run, then the first
    "2001:0:0:1:0:0:0:1": "2001:0:0:1::1",
    // 4.3: lower case
    "2001:db8::ABCD:EF12": "2001:db8::abcd:ef12",
    // 5: IPv4 in it
    "0:0:0:0:0:ffff:c000:201": "::ffff:192.0.2.1",
    "0:0:0:0:0:FFFF:192.0.2.1": "::ffff:192.0.2.1",
    // No groups at one end, or none at all
    "0:0:0:0:0:0:0:0": "::",
    "1:0:0:0:0:0:0:0": "1::",
    "0:0:0:0:0:0:0:1": "::1",
    "0:0:1:0:0:0:0:0": "0:0:1::",
  };
  for (const [text, expected] of Object.entries(examples)) {
    assertEquals(canonical(ipv6, text), expected, text);
  }
});

test("ipv6 takes the forms of RFC 4291, 2.2", () => {
  const zeros = (count: number) => new Array(count).fill(0);
  const examples: Record<string, number[]> = {
    "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789": [
      0xab,
      0xcd,
      0xef,
      0x01,
      0x23,
      0x45,
      0x67,
      0x89,
      0xab,
      0xcd,
      0xef,
      0x01,
      0x23,
      0x45,
      0x67,
      0x89,
    ],
    "2001:DB8:0:0:8:800:200C:417A": [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0xc, 0x41, 0x7a],
    "2001:DB8::8:800:200C:417A": [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0xc, 0x41, 0x7a],
    "FF01:0:0:0:0:0:0:101": [0xff, 1, ...zeros(12), 1, 1],
    "FF01::101": [0xff, 1, ...zeros(12), 1, 1],
    "0:0:0:0:0:0:0:1": [...zeros(15), 1],
    "::1": [...zeros(15), 1],
    "0:0:0:0:0:0:0:0": zeros(16),
    "::": zeros(16),
    "0:0:0:0:0:0:13.1.68.3": [...zeros(12), 13, 1, 68, 3],
    "::13.1.68.3": [...zeros(12), 13, 1, 68, 3],
    "0:0:0:0:0:FFFF:129.144.52.38": [...zeros(10), 255, 255, 129, 144, 52, 38],
    "::FFFF:129.144.52.38": [...zeros(10), 255, 255, 129, 144, 52, 38],
  };
  for (const [text, expected] of Object.entries(examples)) assertEquals(bytesOf(ipv6, text), expected, text);
});

test("ipv6 refuses what is no address", () => {
  const texts = [
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4:5:6:7:8::",
    "12345::",
  ];
  for (
    const text of [
      ...texts,
      "g::",
      "fe80::1%eth0",
      "::1.2.3",
      "1.2.3.4::",
      "::1.2.3.4:5",
      "192.0.2.1",
      ":1::",
      "1:",
    ]
  ) {
    assertThrows(
      () => bytesOf(ipv6, text),
      RangeError,
      `Cannot encode ${JSON.stringify(text)} as ipv6: not an IPv6 address`,
    );
  }
});

test("ipv6 reads back every address with any groups of zeroes", () => {
  for (let zeros = 0; zeros < 256; zeros++) {
    const bytes = Array.from({ length: 16 }, (_, i) => zeros >> (i >> 1) & 1 ? 0 : 0x11);
    const text = textOf(ipv6, bytes);
    assertEquals(bytesOf(ipv6, text), bytes, text);
  }
});

test("ipv4 and ipv6 take what inet_pton(3) takes", { needs: ["cc"] }, () => {
  const random = randomOf(5, 0);
  const texts = Array.from({ length: 20_000 }, () => randomText(random));
  const lines = withFolder((folder) => {
    run("cc", ["-o", `${folder}/inet`, new URL("inet.c", import.meta.url).pathname]);
    writeFileSync(`${folder}/texts`, texts.map((text) => `${text}\n`).join(""));
    return execFileSync(`${folder}/inet`, [`${folder}/texts`], { encoding: "utf8", maxBuffer: 1 << 24 })
      .trimEnd().split("\n");
  });
  const valid = lines.filter((line) => line !== "none none").length;
  assertEquals(valid > 2000 && valid < 18_000, true, `${valid}`);
  texts.forEach((text, i) => assertEquals(`${hexOf(ipv6, text)} ${hexOf(ipv4, text)}`, lines[i], text));
});

/** Something like an address. */
function randomText(random: Random): string {
  const part = () =>
    pick(random, ["0", "1", "ff", "DB8", "abcd", "00", "0001", "255", "256", "12345", "g", ""]);
  const dotted = () =>
    Array.from({ length: random(8) ? 4 : 3 }, () => random(12) ? random(256) : part()).join(".");
  if (random(4) === 0) return dotted();
  const groups = (count: number) =>
    Array.from({ length: count }, () => random(12) ? random(65536).toString(16) : part());
  const end = random(5) === 0 ? [dotted()] : [];
  if (random(3) === 0) return [...groups(6 + random(3) - end.length), ...end].join(":");
  return `${groups(random(5)).join(":")}::${[...groups(random(4)), ...end].join(":")}`;
}

test("mac takes colons and dashes in either case", () => {
  assertEquals(bytesOf(mac, "02:00:00:00:00:01"), [2, 0, 0, 0, 0, 1]);
  assertEquals(canonical(mac, "AA-BB-CC-0D-EE-FF"), "aa:bb:cc:0d:ee:ff");
  assertEquals(canonical(mac, "aA:bB:cC:dD:eE:0f"), "aa:bb:cc:dd:ee:0f");
  assertEquals([mac.size, mac.align], [6, 1]);
  for (
    const text of [
      "",
      "02:00:00:00:00",
      "02:00:00:00:00:01:02",
      "2:0:0:0:0:1",
      "02:00-00:00:00:01",
      "0g:00:00:00:00:01",
    ]
  ) {
    assertThrows(
      () => bytesOf(mac, text),
      RangeError,
      `Cannot encode "${text}" as mac: not a hardware address`,
    );
  }
});
