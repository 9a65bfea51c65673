import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { arrayOf, cstr, struct, tagged, u32, u64 } from "../../src/codec/mod.ts";
import { load } from "../../src/object/mod.ts";
import { ClosedError, NotFoundError } from "../../src/errors.ts";
import { createMap } from "../../src/map/mod.ts";
import { anyOf, perfBuffer, ring, type RingBuffer } from "../../src/ring/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { Elsewhere, PACKET } from "./_elsewhere.ts";
import { type Numbered, numbered, numbers, Producer } from "./_producer.ts";
import { sample, Samples } from "./_samples.ts";

const BPF = { needs: ["bpf"] } as const;

async function withRing(
  size: number,
  body: (ring: RingBuffer<Numbered>, producer: Producer) => Promise<void> | void,
): Promise<void> {
  using events = createMap(ring(numbered), { name: "events", maxEntries: size });
  using producer = new Producer(events);
  await body(events, producer);
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test(
  "batches() gives all that is there, up to 1024 at a time",
  BPF,
  () =>
    withRing(1 << 20, async (events, producer) => {
      producer.send(2500);
      const batches = await Array.fromAsync(events.batches({ timeout: 0 }));
      assertEquals(batches.map((batch) => batch.length), [1024, 1024, 452]);
      assertEquals(batches.flat(), numbers(0, 2500));
      producer.send(3);
      const loop = events.batches();
      assertEquals((await loop.next()).value, numbers(2500, 2503));
      setTimeout(() => producer.send(2), 10);
      assertEquals((await loop.next()).value?.length! > 0, true);
      await loop.return?.();
    }),
);

test(
  "batches() goes on with what a loop over events left, and the other way round",
  BPF,
  () =>
    withRing(1 << 20, async (events, producer) => {
      producer.send(3000);
      for await (const { number } of events) if (number === 9n) break;
      const loop = events.batches();
      assertEquals((await loop.next()).value, numbers(10, 1024));
      assertThrows(() => events.events(), TypeError, 'ring buffer "events": another loop reads it already');
      await loop.return?.();
      for await (const event of events) {
        assertEquals(event, numbers(1024, 1025)[0]);
        break;
      }
    }),
);

test(
  "a timeout ends a loop where nothing came for so long",
  BPF,
  () =>
    withRing(1 << 16, async (events, producer) => {
      assertEquals(await Array.fromAsync(events.events({ timeout: 0 })), []);
      const started = performance.now();
      assertEquals(await Array.fromAsync(events.events({ timeout: 30 })), []);
      assertEquals(performance.now() - started >= 29, true);
      producer.send(5);
      assertEquals(await Array.fromAsync(events.events({ timeout: 0 })), numbers(0, 5));
      const seen: Numbered[] = [];
      producer.send(1);
      for await (const event of events.events({ timeout: 5000 })) {
        if (seen.push(event) === 10) break;
        setTimeout(() => producer.send(1), 1);
      }
      assertEquals(seen.length, 10);
      for (const timeout of [-1, NaN]) {
        const message = `Cannot read ring buffer "events" with a timeout of ${timeout} ms`;
        assertThrows(() => events.events({ timeout }), RangeError, message);
      }
      setTimeout(() => producer.send(1), 10);
      for await (const _ of events.events({ timeout: Infinity })) break;
    }),
);

test("a loop does not see what the kernel does not tell of, until flush() or its timeout", BPF, async () => {
  await using samples = await Samples.open();
  const events = samples.object.maps.get("events", ring(sample));
  const quiet = samples.object.programs.get("to_ring_quietly");
  let count = 0;
  const loop = (async () => {
    for await (const _ of events) if (++count === 3) break;
  })();
  await later(30); // the loop waits
  quiet.run({ data: PACKET, repeat: 2 });
  await later(30);
  assertEquals(count, 0);
  events.flush();
  assertEquals(await eventually(() => count === 2), true);
  quiet.run({ data: PACKET });
  events.flush();
  await loop;
  const timed = Array.fromAsync(events.events({ timeout: 60 }));
  await later(20);
  quiet.run({ data: PACKET, repeat: 4 });
  assertEquals((await timed).length, 4);
});

test(
  "stream() takes an event when one is wanted, and lets others read when cancelled",
  BPF,
  () =>
    withRing(1 << 16, async (events, producer) => {
      producer.send(10);
      const reader = events.stream().getReader();
      assertEquals((await reader.read()).value, numbers(0, 1)[0]);
      assertEquals((await reader.read()).value, numbers(1, 2)[0]);
      await later(5);
      await reader.cancel();
      assertEquals(await Array.fromAsync(events.events({ timeout: 0 })), numbers(2, 10));
      producer.send(4);
      const texts = events.stream({ timeout: 0 }).pipeThrough(
        new TransformStream<Numbered, string>({ transform: (event, out) => out.enqueue(`${event.number}`) }),
      );
      assertEquals(await Array.fromAsync(texts), ["10", "11", "12", "13"]);
    }),
);

test("stream() fails with what reading fails with", BPF, async () => {
  await using samples = await Samples.open();
  const events = samples.object.maps.get("events", ring(numbered));
  samples.object.programs.get("to_ring").run({ data: PACKET });
  await assertRejects(
    () => Array.fromAsync(events.stream()),
    Error,
    "it has 16 bytes, struct numbered needs 64",
  );
  assertEquals(await Array.fromAsync(events.events({ timeout: 0 })), []);
});

test("drain() lends its view for as long as it runs", BPF, () =>
  withRing(4096, (events, producer) => {
    producer.send(3);
    const kept: DataView[] = [];
    events.drain((view, at) => {
      assertEquals(view.getBigUint64(at, true), BigInt(kept.length));
      kept.push(view);
    });
    assertEquals(kept.length, 3);
    for (const view of kept) assertThrows(() => view.getUint8(0), TypeError);
    producer.send(1);
    events.drain((view) => {
      kept.push(view);
      events.close();
    });
    assertThrows(() => kept.at(-1)?.getUint8(0), TypeError);
  }));

test("drain() of a perf buffer lends its view, of records that wrap around too", BPF, async () => {
  await using samples = await Samples.open();
  const events = samples.object.maps.get("samples", perfBuffer(sample, { size: 1 })).open();
  samples.size = 512;
  const kept = new Set<DataView>();
  for (let round = 0; round < 20; round++) {
    samples.send(0, 0, 0);
    events.drain((view) => kept.add(view));
  }
  assertEquals(kept.size > 20, true); // one a round, and copies
  for (const view of kept) assertThrows(() => view.getUint8(0), TypeError);
});

test("drain() waits for records for as long as it is told", { needs: ["bpf", "bpftool"] }, async () => {
  await using samples = await Samples.open();
  const { maps, programs } = samples.object;
  const buffers = [
    { events: maps.get("events", ring()), program: programs.get("to_ring") },
    { events: maps.get("samples", perfBuffer()).open(), program: programs.get("to_perf") },
  ];
  for (const { events, program } of buffers) {
    const start = performance.now();
    assertEquals(events.drain(() => {}, { timeout: 20.5 }), 0);
    assertEquals(performance.now() - start >= 20.5, true);

    await using elsewhere = new Elsewhere(program, 3);
    let count = 0;
    while (count < 3) {
      const more = events.drain((_view, _at, size) => assertEquals(size >= 16, true), { timeout: 10_000 });
      if (more === 0) break;
      count += more;
    }
    assertEquals([count, elsewhere.running], [3, true]); // nothing else has its turn meanwhile
    assertThrows(() => events.drain(() => {}, { timeout: -1 }), RangeError, "with a timeout of -1 ms");
  }
});

test("drain() is left where a signal comes", { needs: ["bpf", "bpftool"] }, async () => {
  const child = startScript(new URL("_drain.ts", import.meta.url), { permissions: ["-A"] });
  const lines = createInterface(child.stdout ?? process.stdin)[Symbol.asyncIterator]();
  assertEquals((await lines.next()).value, "waits");
  await later(50);
  process.kill(child.pid ?? 0, "SIGUSR1"); // child.kill() of Deno does it once
  assertEquals((await lines.next()).value, "0 records");
  assertEquals((await lines.next()).value, "told");
  child.kill("SIGKILL");
  await once(child, "close");
});

test("anyOf() gives the events of several buffers, and leaves the rest to the next loop", BPF, async () => {
  await using samples = await Samples.open();
  const perf = samples.object.maps.get("samples", perfBuffer(sample)).open();
  await withRing(1 << 20, (first, one) =>
    withRing(1 << 20, async (second, two) => {
      one.send(2000);
      two.send(3);
      samples.send(0);
      const buffers = { first, second, perf };
      const counts = { first: 0, second: 0, perf: 0 };
      for await (const { from, event } of anyOf(buffers, { timeout: 0 })) {
        if (from !== "perf") assertEquals(event.again, BigInt(counts[from]));
        assertEquals(Number(event.number), counts[from]++);
      }
      assertEquals(counts, { first: 2000, second: 3, perf: 1 });

      one.send(10);
      two.send(10);
      for await (const { from } of anyOf({ first, second })) {
        counts[from]++;
        if (counts.first + counts.second === 2003 + 5) break;
      }
      const left = [first, second].map((ring) => Array.fromAsync(ring.events({ timeout: 0 })));
      const [some = [], others = []] = await Promise.all(left);
      assertEquals(some.length + others.length, 15);
      assertEquals([some.at(-1), others.at(-1)], [numbers(2009, 2010)[0], numbers(12, 13)[0]]);
    }));
});

test(
  "anyOf() waits for all of them at once",
  BPF,
  () =>
    withRing(4096, (first, one) =>
      withRing(4096, async (second, two) => {
        const seen: string[] = [];
        setTimeout(() => two.send(1), 5);
        for await (const { from, event } of anyOf({ first, second })) {
          seen.push(`${from} ${event.number}`);
          if (seen.length === 200) break;
          setTimeout(() => (seen.length % 3 === 0 ? one : two).send(1), seen.length % 2);
        }
        assertEquals(seen.filter((text) => text.startsWith("second")).length, 134);

        const controller = new AbortController();
        setTimeout(() => controller.abort(), 10);
        assertEquals(await Array.fromAsync(anyOf({ first, second }, controller)), []);
        assertEquals(await Array.fromAsync(anyOf({ first, second }, { timeout: 10 })), []);
        const busy = second.events();
        assertThrows(() => anyOf({ first, second }), TypeError, "another loop reads it already");
        await busy.return?.();
        setTimeout(() => second.close(), 10);
        assertEquals(await Array.fromAsync(anyOf({ first, second })), []);
        one.send(1);
        assertEquals((await Array.fromAsync(first.events({ timeout: 0 }))).length, 1);
        assertThrows(() => anyOf({ first, second }), ClosedError);
      })),
);

test("a ring buffer tells what its program counts as lost", BPF, async () => {
  await using samples = await Samples.open();
  const plain = samples.object.maps.get("events", ring(sample));
  assertEquals(plain.lost, undefined);
  assertThrows(
    () => plain.events({ onLost: () => {} }),
    TypeError,
    'Cannot tell of events of ring buffer "events" that are lost: programs count them, so say where: ring(event, { lost })',
  );
  const events = samples.object.maps.get(
    "events",
    ring(sample, { lost: samples.object.variables.get("lost", u64) }),
  );
  const fit = (1 << 18) / 24; // with a header of 8 bytes each
  samples.object.programs.get("to_ring").run({ data: PACKET, repeat: 20_000 });
  const dropped = 20_000 - Math.floor(fit);
  assertEquals([events.lost, samples.counts().reduce((sum, { dropped }) => sum + dropped, 0)], [
    dropped,
    dropped,
  ]);
  const told: number[] = [];
  for await (const _ of events.batches({ timeout: 0, onLost: (count) => told.push(count) })) { /* all */ }
  assertEquals(told, [dropped]);
});

test("events are of a type of the object, by its name", BPF, async () => {
  await using samples = await Samples.open();
  samples.object.programs.get("to_ring").run({ data: PACKET });
  const events = samples.object.maps.get("events", ring("numbered"));
  const [event] = await Array.fromAsync(events.events({ timeout: 0 }));
  assertEquals(Object.keys(event as object), ["number", "cpu", "size"]);
  using other = createMap(ring(numbered), { name: "other", maxEntries: 4096 });
  assertEquals(other.lost, undefined);
  assertThrows(
    () => createMap(ring("numbered"), { name: "other", maxEntries: 4096 }),
    NotFoundError,
    'Cannot find the type "numbered" of events of map "other": there is no BTF with it',
  );
});

test("events of several kinds are told apart by their tag", BPF, async () => {
  await using object = await load(fixture("ring"));
  const copy = object.programs.get("copy");
  const Event = tagged("kind", {
    1: struct({ kind: u32, pid: u32, comm: cstr(8) }, { name: "exec" }),
    2: struct({ kind: u32, codes: arrayOf(u32, 5) }, { name: "exit" }),
  });
  const events = object.maps.get("events", ring(Event));
  const send = (...bytes: number[]) => copy.run({ data: Uint8Array.from(bytes) });
  send(2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0);
  send(1, 0, 0, 0, 42, 0, 0, 0, 0x73, 0x68, 0, 0, 0, 0, 0, 0);
  send(3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  send(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0); // too short
  const seen: string[] = [];
  const read = async () => {
    for await (const event of events.events({ timeout: 0 })) {
      seen.push(event.kind === 1 ? event.comm : event.codes.join());
    }
  };
  await assertRejects(read, RangeError, "its kind is 3: known are 1, 2");
  await assertRejects(read, RangeError, "kind is 2: it has 16 bytes, struct exit needs 24");
  assertEquals(seen, ["1,2,3,4,5", "sh"]);
});
