/**
 * Every record is accounted for: it arrives in order, or its producer counted it as one that found no room.
 *
 * `WAGGLE_RECORDS=20000000` makes it as many of each size; by default there are fewer.
 */
import { assertEquals } from "@std/assert";
import process from "node:process";
import { u32, u64 } from "../../src/codec/mod.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import { perfBuffer, ring } from "../../src/ring/mod.ts";
import { test } from "../_harness.ts";
import { Account } from "./_account.ts";
import { Elsewhere } from "./_elsewhere.ts";
import { sample, Samples } from "./_samples.ts";

const NEEDS = { needs: ["bpf", "bpftool"] } as const;
const RECORDS = Number(process.env["WAGGLE_RECORDS"] ?? 200_000);
const SIZES = [16, 64, 512];

/** Reads for as long as a producer runs, then what is left. */
async function readWhile(producers: readonly Elsewhere[], read: () => void): Promise<void> {
  while (producers.some(({ running }) => running)) {
    read();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  read();
}

for (const size of SIZES) {
  test(`every record of ${size} bytes in a ring buffer is accounted for`, NEEDS, async () => {
    await using samples = await Samples.open();
    samples.size = size;
    const lost = samples.object.variables.get("lost", u64);
    const events = samples.object.maps.get("events", ring(sample, { lost }));
    const account = new Account();
    await using producer = new Elsewhere(samples.object.programs.get("to_ring"), RECORDS);
    await readWhile([producer], () => account.drain(events, size));
    const { arrived, dropped } = account.settle(samples);
    assertEquals([arrived + dropped, events.lost], [RECORDS, dropped]);
    assertEquals(arrived > 0, true);
    if (RECORDS > 1e6) console.log(`${size} bytes: ${arrived} arrived, ${dropped} found no room`);
  });

  test(`every record of ${size} bytes in the perf buffers of all CPUs is accounted for`, NEEDS, async () => {
    await using samples = await Samples.open();
    samples.size = size;
    // Telling costs the program an interrupt each time: not for each event
    const events = samples.object.maps.get("samples", perfBuffer(sample, { wakeUp: { bytes: 1 << 16 } }))
      .open();
    const account = new Account();
    const program = samples.object.programs.get("to_perf");
    await using producers = new AsyncDisposableStack();
    const all = Array.from(
      { length: possibleCpus() },
      (_, cpu) => producers.use(new Elsewhere(program, RECORDS, { cpu })),
    );
    await readWhile(all, () => account.drain(events, size));
    const { arrived, dropped } = account.settle(samples);
    assertEquals(arrived + dropped, RECORDS * all.length);
    // What the kernel has not told yet comes with the next event of each CPU
    samples.send(...all.keys());
    account.drain(events, size);
    account.settle(samples);
    assertEquals(events.lost, dropped);
    if (RECORDS > 1e6) console.log(`${size} bytes: ${arrived} arrived, ${dropped} found no room`);
  });
}

test(
  "every record is accounted for where the producer is stopped, goes on and is killed",
  NEEDS,
  async () => {
    await using samples = await Samples.open();
    const events = samples.object.maps.get("events", ring(sample));
    const account = new Account();
    {
      const program = samples.object.programs.get("to_ring");
      await using producer = new Elsewhere(program, 2000, { forever: true });
      let batches = 0;
      for await (const batch of events.batches()) {
        account.addAll(batch);
        batches++;
        if (batches === 10) {
          producer.pause(true);
          setTimeout(() => producer.pause(false), 30);
        }
        if (batches === 40) break;
      }
    }
    for await (const batch of events.batches({ timeout: 0 })) account.addAll(batch);
    const { arrived } = account.settle(samples);
    assertEquals(arrived >= 40, true);
  },
);

test(
  "every record is accounted for where the consumer is slow, and onLost tells of the others",
  NEEDS,
  async () => {
    await using samples = await Samples.open();
    const lost = samples.object.variables.get("lost", u64);
    const events = samples.object.maps.get("events", ring(sample, { lost }));
    const account = new Account();
    let told = 0;
    const onLost = (count: number) => told += count;
    {
      await using _producer = new Elsewhere(samples.object.programs.get("to_ring"), 2 ** 31);
      for await (const batch of events.batches({ onLost })) {
        account.addAll(batch);
        if (told > 0 && events.lost! > 10_000) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    for await (const batch of events.batches({ timeout: 0, onLost })) account.addAll(batch);
    const { dropped } = account.settle(samples);
    assertEquals([told, dropped > 10_000], [dropped, true]);
    assertEquals(samples.object.variables.get("size", u32).get(), 16);
  },
);

test("every record of one CPU is accounted for in order of time", NEEDS, async () => {
  await using samples = await Samples.open();
  const events = samples.object.maps.get("samples", perfBuffer(sample, { ordered: true })).open();
  const account = new Account();
  await using producer = new Elsewhere(samples.object.programs.get("to_perf"), 50_000, { cpu: 0 });
  const controller = new AbortController();
  void producer.ended.then(() => controller.abort());
  for await (const batch of events.batches(controller)) account.addAll(batch);
  for await (const batch of events.batches({ timeout: 0 })) account.addAll(batch);
  const { arrived, dropped } = account.settle(samples);
  assertEquals(arrived + dropped, 50_000);
});
