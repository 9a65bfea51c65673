import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { rest, struct, u64 } from "../../src/codec/mod.ts";
import { ClosedError, LayoutError, NotFoundError } from "../../src/errors.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import { createMap } from "../../src/map/mod.ts";
import { type PerfBuffer, perfBuffer, type PerfBufferOptions } from "../../src/ring/mod.ts";
import { eventually } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { type Sample, sample, Samples } from "./_samples.ts";

const BPF = { needs: ["bpf"] } as const;
/** Tests that need a second CPU do with one where there is no other. */
const OTHER = Math.min(1, possibleCpus() - 1);

async function withSamples(
  options: PerfBufferOptions,
  body: (events: PerfBuffer<Sample>, samples: Samples) => Promise<void> | void,
): Promise<void> {
  await using samples = await Samples.open();
  await body(samples.object.maps.get("samples", perfBuffer(sample, options)).open(), samples);
}

function numbers(events: readonly Sample[], cpu: number): number[] {
  return events.filter((event) => event.cpu === cpu).map(({ number }) => Number(number));
}

function upTo(count: number, from = 0): number[] {
  return Array.from({ length: count - from }, (_, i) => from + i);
}

const there = (events: PerfBuffer<Sample>) => Array.fromAsync(events.events({ timeout: 0 }));

test(
  "perfBuffer() gives the events of all CPUs, those of each in order",
  BPF,
  () =>
    withSamples({}, async (events, samples) => {
      samples.send(0, OTHER, 0, OTHER, 0, 0);
      const taken = await there(events);
      const [first, second] = samples.counts();
      assertEquals(numbers(taken, 0), upTo(first?.made ?? 0));
      if (OTHER > 0) assertEquals(numbers(taken, OTHER), upTo(second?.made ?? 0));
      assertEquals([taken.length, events.lost], [6, 0]);
      assertEquals(events.cpus.includes(0) && events.cpus.includes(OTHER), true);
    }),
);

test(
  "perfBuffer() wakes a loop that waits, each time anew",
  BPF,
  () =>
    withSamples({}, async (events, samples) => {
      let count = 0;
      setTimeout(() => samples.send(OTHER), 10);
      for await (const { number, cpu } of events) {
        assertEquals([Number(number), cpu], [count, OTHER]);
        if (++count === 300) break;
        // At times at once, at times when the loop is waiting again
        if (count % 3 === 0) samples.send(OTHER);
        else setTimeout(() => samples.send(OTHER), count % 2);
      }
      assertEquals(count, 300);
    }),
);

test(
  "perfBuffer() puts the event of each CPU in the place of that CPU",
  BPF,
  () =>
    withSamples({ cpus: [OTHER, possibleCpus() + 5] }, async (events, samples) => {
      assertEquals(events.cpus, [OTHER]);
      if (OTHER > 0) {
        samples.send(0);
        assertEquals(samples.counts()[0], { made: 1, dropped: 1 });
      }
      samples.send(OTHER, OTHER);
      assertEquals(numbers(await there(events), OTHER), [0, 1]);
      assertEquals(samples.counts()[OTHER], { made: 2, dropped: 0 });
    }),
);

test(
  "perfBuffer() gives records that wrap around as they are",
  BPF,
  () =>
    withSamples({ size: 1 }, (events, samples) => {
      const sizes = [16, 17, 20, 21, 100, 333, 511, 512];
      let count = 0;
      // A page holds some 15 of them; 40 times around, so that they are split in many places
      for (let round = 0; round < 200; round++) {
        const size = sizes[round % sizes.length] ?? 16;
        samples.size = size;
        samples.send(0, 0, 0);
        const taken = events.drain((view, at, length, cpu) => {
          // `u32 size` and the data are a multiple of 8 together
          assertEquals(length, Math.ceil((size + 4) / 8) * 8 - 4);
          const expected = { number: BigInt(count), cpu: 0, size };
          assertEquals([sample.read(view, at), cpu], [expected, 0]);
          if (size > 16) assertEquals(view.getUint8(at + size - 1), count & 0xff);
          count++;
        });
        assertEquals(taken, 3);
      }
      assertEquals([count, events.lost], [600, 0]);
    }),
);

test(
  "perfBuffer() tells how many found no room, by CPU",
  BPF,
  () =>
    withSamples({ size: 1 }, async (events, samples) => {
      samples.size = 512;
      samples.send(...Array.from({ length: 50 }, () => OTHER));
      const { made, dropped } = samples.counts()[OTHER] ?? { made: 0, dropped: 0 };
      assertEquals([made, dropped > 30], [50, true]);
      const told: number[] = [];
      const options = { timeout: 0, onLost: (count: number) => told.push(count) };
      assertEquals(numbers(await Array.fromAsync(events.events(options)), OTHER), upTo(made - dropped));
      assertEquals([events.lost, told], [0, []]); // the kernel says so with the next one
      samples.send(OTHER);
      assertEquals(numbers(await Array.fromAsync(events.events(options)), OTHER), [50]);
      assertEquals([events.lost, told, events.lostOn(OTHER)], [dropped, [dropped], dropped]);
      if (OTHER > 0) assertEquals(events.lostOn(0), 0);
    }),
);

test(
  "perfBuffer() wakes after so many events, and flush() before that",
  BPF,
  () =>
    withSamples({ wakeUp: { events: 5 } }, async (events, samples) => {
      const taken: number[] = [];
      const loop = (async () => {
        for await (const { number } of events) if (taken.push(Number(number)) === 8) break;
      })();
      await new Promise((resolve) => setTimeout(resolve, 30)); // the loop waits
      samples.send(0, 0, 0, 0);
      await new Promise((resolve) => setTimeout(resolve, 30));
      assertEquals(taken, []);
      samples.send(0);
      assertEquals(await eventually(() => taken.length === 5), true);
      samples.send(0, 0);
      await new Promise((resolve) => setTimeout(resolve, 30));
      assertEquals(taken.length, 5);
      events.flush();
      assertEquals(await eventually(() => taken.length === 7), true);
      samples.send(0);
      events.flush();
      await loop;
      assertEquals(taken, upTo(8));
    }),
);

test(
  "perfBuffer() wakes after so many bytes",
  BPF,
  () =>
    withSamples({ wakeUp: { bytes: 150 } }, async (events, samples) => {
      const taken: number[] = [];
      const loop = (async () => {
        for await (const { number } of events) if (taken.push(Number(number)) === 5) break;
      })();
      await new Promise((resolve) => setTimeout(resolve, 30));
      samples.send(0, 0, 0, 0); // 32 bytes each, with the header
      await new Promise((resolve) => setTimeout(resolve, 30));
      assertEquals(taken, []);
      samples.send(0);
      await loop;
      assertEquals(taken, upTo(5));
    }),
);

test(
  "perfBuffer() gives events in the order of their times",
  BPF,
  () =>
    withSamples({ ordered: true }, async (events, samples) => {
      const sent = Array.from({ length: 200 }, (_, i) => (i * 7) % 3 === 0 ? OTHER : 0);
      samples.send(...sent);
      assertEquals((await there(events)).map(({ cpu }) => cpu), sent);
      samples.send(...sent);
      const cpus: number[] = [];
      assertEquals(events.drain((_view, _at, _size, cpu) => cpus.push(cpu)), 200);
      assertEquals(cpus, sent);
      samples.send(...sent);
      const waited: number[] = [];
      for await (const { cpu } of events) if (waited.push(cpu) === sent.length) break;
      assertEquals(waited, sent);
    }),
);

test(
  "perfBuffer() keeps the newest where they are overwritten, and gives them newest first",
  BPF,
  () =>
    withSamples({ overwritable: true, size: 1 }, async (events, samples) => {
      samples.send(0, 0, 0);
      assertEquals(numbers(await there(events), 0), [2, 1, 0]);
      assertEquals(await Array.fromAsync(events), []);
      samples.send(0, 0);
      assertEquals(numbers(await Array.fromAsync(events), 0), [4, 3]);
      samples.size = 512;
      samples.send(...Array.from({ length: 100 }, () => 0));
      // 8 of header, 4 of size, 512, 4 of padding: 528 bytes, of which 7 fit a page whole
      const seen: number[] = [];
      events.drain((view, at) => seen.push(Number(sample.read(view, at).number)));
      assertEquals(seen, [104, 103, 102, 101, 100, 99, 98]);
      assertEquals([events.lost, samples.counts()[0]?.dropped], [0, 0]);

      samples.send(0);
      events.pause();
      samples.send(0);
      assertEquals(numbers(await there(events), 0), [105]);
      events.resume();
      samples.send(0);
      assertEquals(numbers(await there(events), 0), [107]);
    }),
);

test("perfBuffer() can be paused", BPF, () =>
  withSamples({}, async (events, samples) => {
    samples.send(0);
    events.pause();
    samples.send(0, 0);
    events.resume();
    samples.send(0);
    assertEquals(numbers(await there(events), 0), [0, 3]);
  }));

test("perfBuffer() gives bytes, or what the object says", BPF, async () => {
  await using samples = await Samples.open();
  {
    using bytes = samples.object.maps.get("samples", perfBuffer()).clone().open();
    samples.send(0);
    const [event] = await Array.fromAsync(bytes.events({ timeout: 0 }));
    // 16 bytes, and 4 of padding
    assertEquals(event, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0));
  }
  const named = samples.object.maps.get("samples", perfBuffer("numbered")).open();
  samples.send(0);
  assertEquals(await Array.fromAsync(named.events({ timeout: 0 })), [{ number: 1n, cpu: 0, size: 16 }]);
  assertThrows(
    () => samples.object.maps.get("samples", perfBuffer("numbred")),
    NotFoundError,
    'Cannot find the type "numbred" of events of map "samples": the BTF of its object has none of that name',
  );
});

test("perfBuffer() refuses what is too short, after those before", BPF, async () => {
  await using samples = await Samples.open();
  const Event = struct({ number: u64, more: u64, most: u64, text: rest() }, { name: "large" });
  const events = samples.object.maps.get("samples", perfBuffer(Event)).open();
  samples.size = 32;
  samples.send(0);
  samples.size = 16;
  samples.send(0);
  const seen: bigint[] = [];
  await assertRejects(
    async () => {
      for await (const { number } of events) seen.push(number);
    },
    LayoutError,
    'Cannot decode a record of perf buffer "samples": it has 20 bytes, struct large needs 24',
  );
  assertEquals(seen, [0n]);
});

test("a closed perf buffer gives its places back", BPF, async () => {
  await using samples = await Samples.open();
  const events = samples.object.maps.get("samples", perfBuffer(sample)).clone().open();
  samples.send(0);
  setTimeout(() => events.close(), 10);
  assertEquals(numbers(await Array.fromAsync(events), 0), [0]);
  samples.send(0);
  assertEquals(samples.counts()[0], { made: 2, dropped: 1 });
  assertThrows(() => events.open(), ClosedError);
  events.close();
});

test("perfBuffer() says which options are none", () => {
  const message = (what: string) => `Cannot make a perf buffer with ${what}: it must be a positive integer`;
  assertThrows(() => perfBuffer(sample, { size: 0 }), RangeError, message("size 0"));
  assertThrows(() => perfBuffer(sample, { wakeUp: { events: -1 } }), RangeError, message("events -1"));
  assertThrows(() => perfBuffer(sample, { wakeUp: { bytes: 1.5 } }), RangeError, message("bytes 1.5"));
  assertThrows(() => perfBuffer(sample, { ordered: true, overwritable: true }), TypeError, "newest first");
});

test("perfBuffer() is for arrays of perf events, of any length", BPF, () => {
  using events = createMap(perfBuffer(), { name: "samples", maxEntries: 1 });
  assertEquals(events.open().cpus, [0]);
  assertEquals(events.info.maxEntries, 1);
});
