/**
 * A script that reads records for as long as it lives, and prints of each batch the CPUs and numbers: those of the ring buffer
 * at a pin, or those of an object of its own, whose programs and maps are its alone.
 *
 * @module
 */
import process from "node:process";
import { attachRawTracepoint } from "../../src/link/mod.ts";
import { openMap } from "../../src/map/mod.ts";
import { type EventBuffer, perfBuffer, ring } from "../../src/ring/mod.ts";
import { Samples } from "./_samples.ts";

/** What is printed of a record: its CPU and its number there. */
export type Read = readonly [cpu: number, number: number];

async function print(events: EventBuffer<Uint8Array>): Promise<void> {
  for await (const batch of events.batches()) console.log(JSON.stringify(batch.map(read)));
}

function read(record: Uint8Array): Read {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const [number, size] = [Number(view.getBigUint64(0, true)), view.getUint32(12, true)];
  const damaged = record.length < size || (size > 16 && view.getUint8(size - 1) !== number % 256);
  if (damaged) throw new Error(`${number} is damaged`);
  return [view.getUint32(8, true), number];
}

async function readOwn(): Promise<void> {
  await using samples = await Samples.open();
  const { maps, programs } = samples.object;
  const perf = maps.get("samples", perfBuffer()).open();
  // Last, for whoever waits until all is there
  using _link = attachRawTracepoint(programs.get("to_perf_here"), "sched_process_exec");
  await Promise.all([print(maps.get("events", ring())), print(perf)]);
}

if (import.meta.main) {
  const pin = process.argv[2];
  await (pin === undefined ? readOwn() : print(openMap({ pin }, ring())));
}
