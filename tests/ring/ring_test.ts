import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { array, createMap, hash } from "../../src/map/mod.ts";
import { bytes, rest, struct, u16, u32, u64, u8 } from "../../src/codec/mod.ts";
import { ClosedError, LayoutError } from "../../src/errors.ts";
import { type BpfObject, load } from "../../src/object/mod.ts";
import { ring, type RingBuffer } from "../../src/ring/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { type Numbered, numbered, numbers, Producer } from "./_producer.ts";

const BPF = { needs: ["bpf"] } as const;

/** A ring buffer and who fills it, for the time of `body`. */
async function withRing(
  size: number,
  body: (ring: RingBuffer<Numbered>, producer: Producer) => Promise<void>,
): Promise<void> {
  using events = createMap(ring(numbered), { name: "events", maxEntries: size });
  using producer = new Producer(events);
  await body(events, producer);
}

/** The next events, after which the loop is left. */
async function take<T>(events: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  if (count === 0) return taken;
  for await (const event of events) {
    if (taken.push(event) === count) break;
  }
  return taken;
}

function soon(action: () => void): void {
  setTimeout(action, 10);
}

test("events() gives every record, in order", BPF, () =>
  withRing(1 << 16, async (events, producer) => {
    producer.send(100);
    soon(() => producer.send(50));
    assertEquals(await take(events, 150), numbers(0, 150));
  }));

test(
  "events() gives a backlog that is larger than what it decodes ahead",
  BPF,
  () =>
    withRing(1 << 20, async (events, producer) => {
      producer.send(5000);
      assertEquals(await take(events, 5000), numbers(0, 5000));
      producer.send(1);
      assertEquals(await take(events, 1), numbers(5000, 5001));
    }),
);

test("events() goes around a small ring many times", BPF, () =>
  withRing(4096, async (events, producer) => {
    const iterator = events.events();
    let next = 0;
    // 72 bytes a record with its header: 4096 is no multiple of it, so that records are split in all places
    for (const count of [1, 2, 5, 50, 3, 56, 17, 49, 56, 56]) {
      producer.send(count);
      for (const expected of numbers(next, next += count)) {
        assertEquals((await iterator.next()).value, expected);
      }
    }
    await iterator.return?.();
  }));

test(
  "events() gives what fits when the ring overflows, and goes on",
  BPF,
  () =>
    withRing(4096, async (events, producer) => {
      producer.send(1000);
      const fit = Math.floor(4096 / 72);
      assertEquals(await take(events, fit), numbers(0, fit));
      producer.send(1);
      assertEquals(await take(events, 1), numbers(1000, 1001));
    }),
);

test(
  "a loop goes on where the one before was left",
  BPF,
  () =>
    withRing(1 << 16, async (events, producer) => {
      producer.send(10);
      assertEquals(await take(events, 3), numbers(0, 3));
      assertEquals(await take(events, 3), numbers(3, 6));
      producer.send(2);
      assertEquals(await take(events, 6), numbers(6, 12));
    }),
);

test("events() can be read by one loop at a time", BPF, () =>
  withRing(4096, async (events, producer) => {
    producer.send(2);
    for await (const event of events) {
      assertEquals(event, numbers(0, 1)[0]);
      assertThrows(
        () => events.events(),
        TypeError,
        'Cannot read ring buffer "events": another loop reads it already',
      );
      break;
    }
    assertEquals(await take(events, 1), numbers(1, 2));
  }));

test(
  "two ring buffers are read at the same time",
  BPF,
  () =>
    withRing(4096, (first, one) =>
      withRing(4096, async (second, two) => {
        const both = Promise.all([take(first, 4), take(second, 3)]);
        soon(() => two.send(3));
        soon(() => one.send(4));
        assertEquals(await both, [numbers(0, 4), numbers(0, 3)]);
      })),
);

test(
  "an exception in the loop ends it, and another one can start",
  BPF,
  () =>
    withRing(4096, async (events, producer) => {
      producer.send(2);
      await assertRejects(
        async () => {
          for await (const { number } of events) throw new Error(`at ${number}`);
        },
        Error,
        "at 0",
      );
      assertEquals(await take(events, 1), numbers(1, 2));
    }),
);

test("a signal ends the events", BPF, () =>
  withRing(4096, async (events, producer) => {
    assertEquals(await Array.fromAsync(events.events({ signal: AbortSignal.abort() })), []);

    const waiting = new AbortController();
    soon(() => waiting.abort());
    assertEquals(await Array.fromAsync(events.events({ signal: waiting.signal })), []);

    producer.send(5);
    const busy = new AbortController();
    const seen: Numbered[] = [];
    for await (const event of events.events({ signal: busy.signal })) {
      if (seen.push(event) === 2) busy.abort();
    }
    assertEquals(seen, numbers(0, 2));
    assertEquals(await take(events, 3), numbers(2, 5));
  }));

test(
  "a signal ends the events of a ring that never gets empty",
  BPF,
  () =>
    withRing(1 << 16, async (events, producer) => {
      let count = 0;
      const controller = new AbortController();
      const timer = setInterval(() => count > 2048 && controller.abort(), 1);
      producer.send(64);
      // every event makes another one
      for await (const { number } of events.events(controller)) {
        if (number !== BigInt(count++)) throw new Error(`${number} in the place of ${count - 1}`);
        producer.send(1);
      }
      clearInterval(timer);
      assertEquals(count > 2048, true);
    }),
);

test("close() ends a loop that waits", BPF, () =>
  withRing(4096, async (events) => {
    soon(() => events.close());
    assertEquals(await Array.fromAsync(events), []);
    assertThrows(() => events.events(), ClosedError, 'Cannot use map "events": it is closed');
    assertThrows(() => events.drain(() => {}), ClosedError);
    events.close();
  }));

test("close() in a loop ends it", BPF, () =>
  withRing(1 << 18, async (events, producer) => {
    producer.send(2000);
    const seen: Numbered[] = [];
    for await (const event of events) {
      seen.push(event);
      if (seen.length === 3) events.close();
    }
    assertEquals(seen, numbers(0, 3));
  }));

test(
  "an iterator that is not used any more says that it is done",
  BPF,
  () =>
    withRing(4096, async (events, producer) => {
      producer.send(3);
      const iterator = events.events();
      assertEquals((await iterator.next()).value, numbers(0, 1)[0]);
      assertEquals((await iterator.return?.())?.done, true);
      assertEquals((await iterator.next()).done, true);
      assertEquals(await take(events, 2), numbers(1, 3));
    }),
);

test(
  "drain() hands out what is there, without a wait",
  BPF,
  () =>
    withRing(4096, async (events, producer) => {
      assertEquals(events.drain(() => {}), 0);
      producer.send(4);
      const seen: Numbered[] = [];
      const count = events.drain((view, at, size) => {
        assertEquals(size, 64);
        seen.push(numbered.read(view, at));
      });
      assertEquals([count, seen], [4, numbers(0, 4)]);
      assertEquals(events.drain(() => {}), 0);

      producer.send(3);
      assertThrows(
        () =>
          events.drain(() => {
            throw new Error("enough");
          }),
        Error,
        "enough",
      );
      assertEquals(await take(events, 2), numbers(5, 7)); // the one that was handed out is gone
    }),
);

test("drain() ends where its handler closes the ring", BPF, () =>
  withRing(4096, async (events, producer) => {
    producer.send(4);
    assertEquals(events.drain(() => events.close()), 1);
    await Promise.resolve();
  }));

/** The object that sends what it is told to. */
async function withObject(body: (object: BpfObject) => Promise<void> | void): Promise<void> {
  await using object = await load(fixture("ring"));
  await body(object);
}

/** Some bytes that differ from one seed to the next. */
function packet(seed: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * 17) & 0xff);
}

test(
  "ring() without a codec gives the bytes of records of any size",
  BPF,
  () =>
    withObject(async (object) => {
      const copy = object.programs.get("copy");
      const events = object.maps.get("events", ring());
      const sizes = [14, 15, 16, 17, 63, 64, 65, 100, 301, 999, 1000];
      // three times around the ring and more, so that records wrap at many places
      for (let round = 0; round < 12; round++) {
        const sent = sizes.slice(round % 4, round % 4 + 8).map((size) => packet(round, size));
        for (const data of sent) assertEquals(copy.run({ data }).returnValue, 1);
        assertEquals(await take(events, sent.length), sent);
      }
    }),
);

test("events() decodes records that go on to their end", BPF, () =>
  withObject(async (object) => {
    const copy = object.programs.get("copy");
    const events = object.maps.get("events", ring(struct({ kind: u16, size: u32, text: rest() })));
    const messages = ["a", "", "more than that, and ü"].map((text) =>
      new TextEncoder().encode(text.padEnd(6))
    );
    for (const [index, text] of messages.entries()) {
      const data = new Uint8Array([index, 1, 0, 0, text.length, 0, 0, 0, ...text]);
      assertEquals(copy.run({ data }).returnValue, 1);
    }
    assertEquals(
      await take(events, 3),
      messages.map((text, index) => ({ kind: 256 + index, size: text.length, text })),
    );
  }));

test(
  "events() decodes records that end within the padding of their struct",
  BPF,
  () =>
    withObject(async (object) => {
      const copy = object.programs.get("copy");
      // sizeof is 16, offsetof(text) is 9: a record of 14 bytes, the smallest packet, has 5 bytes of text
      const Event = struct({ time: u64, kind: u8, text: rest() }, { name: "event" });
      assertEquals(Event.size, 16);
      const events = object.maps.get("events", ring(Event));
      const text = new TextEncoder().encode("short");
      assertEquals(copy.run({ data: new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0, 3, ...text]) }).returnValue, 1);
      assertEquals(await take(events, 1), [{ time: 7n, kind: 3, text }]);
      const Larger = struct({ time: u64, more: u64, text: rest() }, { name: "larger" });
      const larger = object.maps.get("events", ring(Larger));
      copy.run({ data: new Uint8Array(14) });
      await assertRejects(() => take(larger, 1), LayoutError, "it has 14 bytes, struct larger needs 16");
    }),
);

test("events() skips records that were given up", BPF, () =>
  withObject(async (object) => {
    const [emit, discard] = [object.programs.get("emit"), object.programs.get("discard")];
    const events = object.maps.get("events", ring(numbered));
    const data = new Uint8Array(64);
    discard.run({ data });
    emit.run({ data, repeat: 2 });
    discard.run({ data, repeat: 3 });
    emit.run({ data });
    assertEquals((await take(events, 3)).map(({ number }) => number), [0n, 1n, 2n]);
    discard.run({ data, repeat: 20 });
    assertEquals(events.drain(() => {}), 0);
    emit.run({ data, repeat: 56 }); // all of the ring is free again
    assertEquals((await take(events, 56)).at(-1)?.number, 58n);
  }));

test(
  "events() refuses a record that is too short, after those before",
  BPF,
  () =>
    withObject(async (object) => {
      const copy = object.programs.get("copy");
      const events = object.maps.get(
        "events",
        ring(struct({ head: u64, body: bytes(12) }, { name: "event" })),
      );
      const size = 24; // 20, rounded up to the alignment of u64
      for (const length of [size, size + 5, 20, size]) copy.run({ data: packet(length, length) });
      const seen: Uint8Array[] = [];
      await assertRejects(
        async () => {
          for await (const { body } of events) seen.push(body);
        },
        LayoutError,
        'Cannot decode a record of ring buffer "events": it has 20 bytes, struct event needs 24',
      );
      assertEquals(seen, [packet(24, 24).slice(8, 20), packet(29, 29).slice(8, 20)]);
      assertEquals((await take(events, 1))[0]?.body, packet(24, 24).slice(8, 20));
    }),
);

test("ring() is for ring buffers", BPF, () =>
  withObject((object) => {
    const message = 'Cannot use map "control": it is of type array, not ringbuf';
    assertThrows(() => object.maps.get("control", ring()), LayoutError, message);
    const other = 'Cannot use map "events": it is of type ringbuf, not ';
    assertThrows(() => object.maps.get("events", array(u32)), LayoutError, other + "array");
    assertThrows(() => object.maps.get("events", hash(u32, u32)), LayoutError, other + "hash or lru_hash");
  }));
