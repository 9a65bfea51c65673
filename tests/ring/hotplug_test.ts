/** CPUs that are offline when a perf buffer is opened, and that go and come while it is read. */
import { assertEquals } from "@std/assert";
import { writeFileSync } from "node:fs";
import { onlineCpus, possibleCpus } from "../../src/kernel/mod.ts";
import { type PerfBuffer, perfBuffer } from "../../src/ring/mod.ts";
import { test } from "../_harness.ts";
import { type Sample, sample, Samples } from "./_samples.ts";

const NEEDS = { needs: ["bpf", "hotplug"] } as const;

/** One between others where there are so many. */
const CPU = 1;

/** Takes the CPU away, until it is disposed of. */
class Offline implements Disposable {
  constructor() {
    this.#set("0");
  }

  #set(online: "0" | "1"): void {
    writeFileSync(`/sys/devices/system/cpu/cpu${CPU}/online`, online);
  }

  [Symbol.dispose](): void {
    this.#set("1");
  }
}

/** Sends a record on each CPU there is, and gives the CPU and number of those that arrive, by CPU. */
async function arrivals(
  samples: Samples,
  events: PerfBuffer<Sample>,
): Promise<[cpu: number, number: number][]> {
  samples.send(...onlineCpus());
  const arrived = await Array.fromAsync(events.events({ timeout: 0 }));
  return arrived.map(({ cpu, number }) => [cpu, Number(number)] as [number, number]).sort(([a], [b]) =>
    a - b
  );
}

/** The same number on each of these CPUs. */
const each = (cpus: readonly number[], number: number) => cpus.map((cpu) => [cpu, number]);

test("perfBuffer() leaves a CPU out that is offline, and the others keep their numbers", NEEDS, async () => {
  await using samples = await Samples.open();
  const events = samples.object.maps.get("samples", perfBuffer(sample));
  const all = onlineCpus();
  const others = all.filter((cpu) => cpu !== CPU);
  {
    using _offline = new Offline();
    assertEquals([onlineCpus(), events.open().cpus], [others, others]);
    assertEquals(samples.counts().length, possibleCpus());
    assertEquals(await arrivals(samples, events), each(others, 0));
  }
  // Back again, it has no place
  assertEquals(onlineCpus(), all);
  assertEquals(await arrivals(samples, events), each(others, 1));
  const expected = all.map((cpu) => cpu === CPU ? { made: 1, dropped: 1 } : { made: 2, dropped: 0 });
  assertEquals(samples.counts().slice(0, all.length), expected);
});

test("perfBuffer() reads what a CPU wrote before it went offline, and the others go on", NEEDS, async () => {
  await using samples = await Samples.open();
  const events = samples.object.maps.get("samples", perfBuffer(sample)).open();
  const all = onlineCpus();
  const others = all.filter((cpu) => cpu !== CPU);
  assertEquals([events.cpus, await arrivals(samples, events)], [all, each(all, 0)]);
  samples.send(CPU);
  {
    using _offline = new Offline();
    // Its second record, sent before, and the second of each other
    assertEquals(await arrivals(samples, events), each(all, 1));
    assertEquals(await arrivals(samples, events), each(others, 2));
    assertEquals(samples.counts()[CPU], { made: 2, dropped: 0 });
  }
  assertEquals([events.lost, onlineCpus()], [0, all]);
  const arrived = await arrivals(samples, events);
  assertEquals(arrived.filter(([cpu]) => cpu !== CPU), each(others, 3));
});
