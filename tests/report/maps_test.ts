import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { u32, u64 } from "../../src/codec/mod.ts";
import { MapFullError } from "../../src/errors.ts";
import { createMap, hash, lruHash, openMap, perCpuArray, perfEventArray } from "../../src/map/mod.ts";
import { explain, observe } from "../../src/report/mod.ts";
import { perfBuffer, ring } from "../../src/ring/mod.ts";
import { lookAtRing } from "../../src/report/_ring.ts";
import { openFile, pageSize } from "../../src/sys/mod.ts";
import { bpftool } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { withFile } from "../_run.ts";
import { codes, mapIn, number, silent, texts } from "./_silent.ts";

const NEEDS = ["root", "bpf", "btf"] as const;
const NONE = { for: 0 } as const;

/** Of a record of 64 bytes with its header. */
const RECORD = 72;

test("A ring buffer that nobody reads is told from one that nobody writes", { needs: NEEDS }, async () => {
  await using object = await silent(["on_number"]);
  const unwritten = mapIn(await explain(object, NONE), "events");
  assertEquals(texts(unwritten, "contents"), ["no program ever wrote a record"]);
  number(object, 1, 2);
  const unread = mapIn(await explain(object, NONE), "events");
  assertEquals(unread.ring, { size: 4096, written: 2 * RECORD, read: 0, waiting: 2 * RECORD, records: 2 });
  assertEquals(texts(unread, "unread"), [
    "2 records (144B) wait, and nobody has read any: loop over its events",
  ]);
});

test(
  "A ring buffer that is full is said to lose, and the program's count with it",
  { needs: NEEDS },
  async () => {
    await using object = await silent(["on_number"]);
    // __bpf_ringbuf_reserve: no record that would fill it to the last byte
    const fit = Math.floor((4096 - 1) / RECORD);
    number(object, 1, fit);
    const dropped = object.variables.get("dropped", u64);
    assertEquals(dropped.get(), 0n);
    number(object, 1, 3);
    assertEquals(dropped.get(), 3n);
    const report = await explain(object, NONE);
    assertEquals(mapIn(report, "events").ring?.records, fit);
    assertEquals(codes(mapIn(report, "events")), ["fact contents", "problem unread", "problem full"]);
    assertEquals(report.problems.map(({ code }) => code), [
      "not-attached",
      "unread",
      "full",
      "lost",
      "contents",
    ]);
    assertMatch(texts(report.subject, "lost")[0] ?? "", /dropped = 3$/);
  },
);

test("A ring buffer that the script reads is fine", { needs: NEEDS }, async () => {
  await using object = await silent(["on_number"]);
  const events = object.maps.get("events", ring());
  number(object, 1, 2);
  assertEquals(events.drain(() => {}), 2);
  const part = mapIn(await explain(object, NONE), "events");
  assertEquals([part.ring?.read, part.ring?.waiting, ...codes(part)], [2 * RECORD, 0, "fact contents"]);
  // Over its end
  for (let i = 0; i < 60; i++) {
    number(object, 1, 2);
    assertEquals(events.drain(() => {}), 2);
  }
  number(object, 1, 2);
  assertEquals(mapIn(await explain(object, NONE), "events").ring?.records, 2);
});

test(
  "What programs lose is said of buffers that were told where they count it",
  { needs: NEEDS },
  async () => {
    await using object = await silent(["on_number"]);
    const events = object.maps.get("events", ring(undefined, { lost: object.variables.get("dropped", u64) }));
    number(object, 1, 60);
    const { subject } = await explain(events, NONE);
    assertEquals(texts(subject, "lost"), [`${60 - 56} records found no room: make it larger`]);
  },
);

test("A hash map that is full is told from one with room", { needs: [...NEEDS, "bpftool"] }, async () => {
  await using object = await silent(["on_disaster"]);
  const seen = object.maps.get("seen", hash(u32, u64));
  const part = async () => mapIn(await explain(object, NONE), "seen");
  assertEquals(texts(await part(), "contents"), ["it is empty"]);
  for (let i = 0; i < 3; i++) seen.set(i, 1n);
  assertEquals(texts(await part(), "contents"), ["3 of 4 elements"]);
  seen.set(3, 1n);
  assertThrows(() => seen.set(4, 1n), MapFullError);
  const { entries, maxEntries } = await part();
  assertEquals([entries, maxEntries], [(bpftool("map", "dump", "id", seen.info.id) as unknown[]).length, 4]);
  assertEquals(codes(await part()), ["problem full"]);
  assertMatch(texts(await part(), "full")[0] ?? "", /^4 of 4 elements: programs cannot add any \(E2BIG\)/);
});

test("A map that drops old elements is never said to refuse new ones", { needs: NEEDS }, async () => {
  using map = createMap(lruHash(u32, u32), { name: "recent", maxEntries: 8192 });
  for (let i = 0; i < 20_000; i++) map.set(i, 1);
  const { subject, problems } = await explain(map, NONE);
  assertEquals(problems, []);
  assertEquals(subject.kind === "map" && subject.entries, map.size);
});

test("Arrays tell how many elements are not 0", { needs: NEEDS }, async () => {
  await using object = await silent(["on_disaster"]);
  const counts = object.maps.get("counts", perCpuArray(u64));
  const contents = async () => texts(mapIn(await explain(object, NONE), "counts"), "contents");
  assertEquals(await contents(), ["all elements are 0"]);
  counts.set(1, counts.get(1).map((_, cpu) => cpu === 0 ? 5n : 0n));
  assertEquals(await contents(), ["1 of 3 elements are not 0"]);
});

test("A perf buffer that nobody opened is told from one that is open", { needs: NEEDS }, async () => {
  using map = createMap(perfEventArray(), { name: "samples" });
  assertEquals(codes((await explain(map, NONE)).subject), ["unknown contents"]);
  using samples = openMap({ fd: map.descriptor.fd }, perfBuffer());
  assertEquals(codes((await explain(samples, NONE)).subject), ["problem unread"]);
  samples.open();
  const { subject } = await explain(samples, NONE);
  assertEquals(texts(subject, "contents"), [
    `it is open on ${samples.cpus.length} CPU${samples.cpus.length === 1 ? "" : "s"}`,
  ]);
});

test("A map that the script closed is said to be closed", { needs: NEEDS }, () => {
  const map = createMap(hash(u32, u32), { name: "gone", maxEntries: 1 });
  using observation = observe(map);
  map.close();
  assertEquals(codes(observation.report().subject), ["problem closed"]);
});

/** The pages of a ring buffer in a file: positions, and headers of records at places of the data. */
function ringFile(consumer: number, producer: number, headers: Readonly<Record<number, number>>): Uint8Array {
  const page = pageSize();
  const bytes = new Uint8Array(2 * page + 2 * RING);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(consumer), true);
  view.setBigUint64(page, BigInt(producer), true);
  for (const [at, header] of Object.entries(headers)) view.setUint32(2 * page + Number(at), header, true);
  return bytes;
}

/** Of the data, in bytes. */
const RING = 65536;
const BUSY = 0x8000_0000;

test("A record that is reserved for good is said to hold up those after it", { needs: ["linux"] }, () => {
  const look = (bytes: Uint8Array) =>
    withFile(bytes, (path) => {
      using file = openFile(path);
      return lookAtRing(file, RING);
    });
  // Positions go on where 32 bits end; the data begins anew
  const start = 2 ** 33 + 16;
  const stuck = look(ringFile(start, start + 32, { 16: BUSY + 8, 32: 8 }));
  assertEquals([stuck.busy, stuck.full, stuck.records, stuck.waiting], [true, false, 2, 32]);
  const fine = look(ringFile(start, start + 32, { 16: 8, 32: BUSY + 8 }));
  assertEquals([fine.busy, fine.records], [false, 2]);
  // A record of one byte less than all finds no room for another
  const full = look(ringFile(0, RING - 16, { 0: RING - 24 }));
  assertEquals([full.full, full.records], [true, 1]);
});
