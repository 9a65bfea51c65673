import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { rest, struct, u16, u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError } from "../../src/errors.ts";
import { createMap } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { userRing } from "../../src/ring/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Elsewhere, PACKET } from "./_elsewhere.ts";
import { Reader } from "./_reader.ts";

/** User ring buffers are of Linux 6.1. */
const BPF = { needs: ["bpf"] } as const;
const SIZE = 4096;
const HEADER = 8;

/** Some bytes that differ from one seed to the next, none of them 0. */
function pattern(seed: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * 17) % 255 + 1);
}

/** A message with the number in front, of 8 to 64 bytes. */
function numbered(number: number): Uint8Array {
  const message = new Uint8Array(8 + number % 57);
  new DataView(message.buffer).setBigUint64(0, BigInt(number), true);
  return message;
}

test("push() gives a program bytes of any size", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(rest());
  assertEquals(reader.read(), []);
  // over and over around the ring, so that messages and headers are split at many places
  for (let round = 0; round < 12; round++) {
    const sent = [0, 1, 7, 8, 9, 63, 64].map((size) => pattern(round, size));
    for (const message of sent) assertEquals(commands.push(message), true);
    assertEquals(commands.push(pattern(round, 500)), true);
    assertEquals(reader.read(), [...sent, pattern(round, 500).subarray(0, 64)]);
  }
});

test("push() gives a program structs as C has them, with nothing of older messages", BPF, async () => {
  await using reader = await Reader.open();
  // struct { __u16; __u64 } has 6 bytes of padding
  const commands = reader.ring(struct({ port: u16, count: u64 }));
  const expected = Uint8Array.of(0xbb, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0x80);
  for (let round = 0; round < 100; round++) {
    commands.push({ port: 0xffff, count: 2n ** 64n - 1n });
    commands.push({ port: 443, count: 2n ** 63n + 3n });
    assertEquals([reader.read(1), reader.read(1)], [[new Uint8Array(16).fill(0xff, 0, 2).fill(0xff, 8)], [
      expected,
    ]]);
  }
});

test("push() gives a program structs that go on to the end of their message", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(struct({ kind: u32, name: rest() }));
  commands.push({ kind: 5, name: pattern(1, 9) }, 13);
  commands.push({ kind: 6, name: new Uint8Array(0) });
  assertEquals(reader.read(), [Uint8Array.of(5, 0, 0, 0, ...pattern(1, 9)), Uint8Array.of(6, 0, 0, 0)]);
  assertThrows(() => commands.push({ kind: 7, name: pattern(1, 9) }, 12), RangeError);
  assertEquals(reader.read(), []);
});

test("push() says no to a message for which there is no room until the program reads", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(rest());
  const most = SIZE / (56 + HEADER);
  for (let i = 0; i < most; i++) assertEquals(commands.push(pattern(i, 56)), true);
  assertEquals([commands.pending, commands.push(pattern(0, 0))], [SIZE, false]);
  assertEquals(reader.read(1), [pattern(0, 56)]);
  assertEquals(commands.pending, SIZE - 64);
  assertEquals([commands.push(pattern(1, 57)), commands.push(pattern(2, 56))], [false, true]);
  assertEquals(reader.read().length, most);
  assertEquals(commands.pending, 0);
});

test("pending is what the program has not read, in bytes with headers", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(rest());
  assertEquals(commands.pending, 0);
  const sizes = [0, 1, 8, 9];
  for (const size of sizes) commands.push(new Uint8Array(size));
  // each behind a header of 8 bytes and rounded up to 8
  assertEquals(commands.pending, 8 + 16 + 16 + 24);
  reader.read(2);
  assertEquals(commands.pending, 16 + 24);
});

test("push() refuses what the ring buffer never has room for", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(rest());
  for (const size of [SIZE - HEADER + 1, SIZE, 2 ** 32]) {
    assertThrows(
      () => commands.push(new Uint8Array(1), size),
      RangeError,
      `Cannot push a message of ${size} bytes into map "commands": it has ${SIZE} bytes, with ${HEADER} for a header`,
    );
  }
  for (const size of [-1, 1.5, NaN]) {
    assertThrows(() => commands.push(new Uint8Array(1), size), RangeError, `message of ${size} bytes`);
  }
  assertEquals([commands.pending, commands.push(pattern(3, SIZE - HEADER))], [0, true]);
  assertEquals(reader.read(), [pattern(3, 64)]);
});

test("a message that cannot be encoded leaves nothing behind", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(struct({ a: u64, b: u32 }));
  commands.push({ a: 1n, b: 2 });
  assertThrows(() => commands.push({ a: 0xdeadn, b: -1 }), RangeError);
  assertEquals(commands.pending, 16 + HEADER);
  commands.push({ a: 3n, b: 4 });
  assertEquals(reader.read().map((message) => message[0]), [1, 3]);
});

test("100,000 messages arrive in order and complete", BPF, async () => {
  await using object = await load(fixture("user_ring"));
  const commands = object.maps.get("commands", userRing());
  const follow = object.programs.get("follow");
  let read = 0;
  for (let number = 0; number < 100_000; number++) {
    const message = numbered(number);
    if (commands.push(message)) continue;
    read += follow.run({ data: PACKET }).returnValue;
    assertEquals(commands.push(message), true);
  }
  read += follow.run({ data: PACKET }).returnValue;
  assertEquals([read, object.variables.get("next", u64).get()], [100_000, 100_000n]);
  assertEquals(object.variables.get("disorder", u64).get(), 0n);
});

test(
  "messages arrive in order while the program reads on another processor",
  { needs: ["bpf", "bpftool"] },
  async () => {
    await using object = await load(fixture("user_ring"));
    const commands = object.maps.get("commands", userRing());
    const next = object.variables.get("next", u64);
    await using elsewhere = new Elsewhere(object.programs.get("follow"), 2 ** 31);
    const deadline = performance.now() + 20_000;
    for (let number = 0; number < 20_000 && performance.now() < deadline;) {
      if (commands.push(numbered(number))) number++;
    }
    assertEquals(await eventually(() => next.get() === 20_000n), true, `${next.get()} messages`);
    assertEquals([elsewhere.running, object.variables.get("disorder", u64).get()], [true, 0n]);
  },
);

test("two handles of a ring buffer go on one after the other", BPF, async () => {
  await using reader = await Reader.open();
  const one = reader.ring(u32);
  using other = one.clone();
  assertEquals([one.push(1), other.push(2), one.push(3)], [true, true, true]);
  assertEquals([one.pending, other.pending], [48, 48]);
  assertEquals(reader.read().map(([byte]) => byte), [1, 2, 3]);
});

test("a closed ring buffer takes no messages", BPF, () => {
  const commands = createMap(userRing(u32), { name: "commands", maxEntries: SIZE });
  commands.push(1);
  commands.close();
  commands.close();
  assertThrows(() => commands.push(2), ClosedError, 'Cannot use map "commands": it is closed');
  assertThrows(() => commands.pending, ClosedError);
});

test("send() puts messages in as the program makes room, in order", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(rest());
  const most = SIZE / (56 + HEADER);
  const sent: Promise<boolean>[] = [];
  for (let i = 0; i < most + 5; i++) sent.push(commands.send(pattern(i, 56)));
  assertEquals(await Promise.all(sent.slice(0, most)), Array.from({ length: most }, () => true));
  let waiting = 5;
  for (const promise of sent.slice(most)) void promise.then(() => waiting--);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(waiting, 5);
  assertEquals(reader.read(2), [pattern(0, 56), pattern(1, 56)]);
  assertEquals(await eventually(() => waiting === 3), true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals([waiting, commands.pending], [3, SIZE]);
  assertEquals(reader.read(3).length, 3);
  assertEquals(await Promise.all(sent.slice(most)), Array.from({ length: 5 }, () => true));
  assertEquals(reader.read(), Array.from({ length: most }, (_, i) => pattern(i + 5, 56)));
});

test("send() waits until there is room for all of a message", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(rest());
  for (let i = 0; i < SIZE / 64; i++) commands.push(pattern(i, 56));
  let sent = false;
  const large = commands.send(pattern(9, 200)).then((result) => sent = result);
  // Room for the messages before, which the kernel tells of: not for 208 bytes
  for (let i = 0; i < 3; i++) {
    reader.read(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assertEquals(sent, false);
  }
  reader.read(1);
  assertEquals(await large, true);
});

test("send() ends with its signal, and with the ring buffer", BPF, async () => {
  await using reader = await Reader.open();
  const commands = reader.ring(rest());
  assertEquals(await commands.send(pattern(0, 8), { signal: AbortSignal.abort() }), false);
  assertEquals(await commands.send(new Uint8Array(1), { size: SIZE - HEADER }), true);
  const controller = new AbortController();
  const [first, second] = [
    commands.send(pattern(1, 8), { signal: controller.signal }),
    commands.send(pattern(2, 8)),
  ];
  setTimeout(() => controller.abort(), 10);
  assertEquals(await first, false);
  reader.read(1);
  assertEquals([await second, reader.read(1)], [true, [pattern(2, 8)]]);
  await assertRejects(
    () => commands.send(new Uint8Array(1), { size: SIZE }),
    RangeError,
    "Cannot push a message",
  );

  const other = commands.clone();
  assertEquals(await other.send(new Uint8Array(1), { size: SIZE - HEADER }), true);
  setTimeout(() => other.close(), 10);
  await assertRejects(
    () => other.send(pattern(4, 8)),
    ClosedError,
    'Cannot use map "commands": it is closed',
  );
});

test("send() keeps up with a program that reads on another processor", {
  needs: ["bpf", "bpftool"],
}, async () => {
  await using object = await load(fixture("user_ring"));
  const commands = object.maps.get("commands", userRing());
  const next = object.variables.get("next", u64);
  await using _elsewhere = new Elsewhere(object.programs.get("follow_and_wake"), 2 ** 31);
  for (let number = 0; number < 20_000; number++) {
    assertEquals(await commands.send(numbered(number)), true);
  }
  assertEquals(await eventually(() => next.get() === 20_000n), true, `${next.get()} messages`);
  assertEquals(object.variables.get("disorder", u64).get(), 0n);
});
