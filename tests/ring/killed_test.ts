/** Consumers that are killed or stopped while records come. */
import { assertEquals } from "@std/assert";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { onlineCpus } from "../../src/kernel/mod.ts";
import { openMap } from "../../src/map/mod.ts";
import { openProgram, type Program } from "../../src/program/mod.ts";
import { ring } from "../../src/ring/mod.ts";
import { Mapping, pageSize } from "../../src/sys/mod.ts";
import { eventually, idsOf } from "../_bpf.ts";
import { startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { Account } from "./_account.ts";
import type { Read } from "./_consumer.ts";
import { Elsewhere, PACKET } from "./_elsewhere.ts";
import { Samples, states, total } from "./_samples.ts";

/** How many records a loop decodes at most before it is given them. */
const BATCH = 1024;
/** Of a record and its header in the ring. */
const RECORD_SIZE = 64 + 8;

/** A consumer at work. */
class Consumer implements AsyncDisposable {
  readonly pid: number;
  /** What it printed. */
  readonly batches: (readonly Read[])[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #stderr = "";

  constructor(...args: string[]) {
    const script = new URL("_consumer.ts", import.meta.url);
    this.#child = startScript(script, { args, permissions: ["-A"] });
    this.pid = this.#child.pid ?? 0;
    this.#closed = once(this.#child, "close");
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#stderr += text);
    const lines = createInterface(this.#child.stdout ?? process.stdin);
    // The last line of one that is killed may lack its end
    lines.on("line", (line) => line.endsWith("]]") && this.batches.push(JSON.parse(line)));
  }

  /** Waits until it has printed so many more batches. */
  async more(count: number): Promise<void> {
    const enough = this.batches.length + count;
    const there = await eventually(() => this.batches.length >= enough || this.#child.exitCode !== null);
    assertEquals([there, this.#child.exitCode, this.#stderr], [true, null, ""]);
  }

  /** Stops it for so long, in ms. */
  async pause(time: number): Promise<void> {
    process.kill(this.pid, "SIGSTOP");
    await delay(time);
    process.kill(this.pid, "SIGCONT");
  }

  /** Kills it, as whoever runs out of memory is. Returns once all that it printed is there. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

const delay = (time: number) => new Promise((resolve) => setTimeout(resolve, time));

function add(account: Account, { batches }: Consumer): void {
  for (const [cpu, number] of batches.flat()) account.add(number, cpu);
}

/** What the kernel says that a process has of BPF: the ids of each kind, and how many perf events. */
function holdings(pid: number) {
  const ids = { map: new Set<number>(), prog: new Set<number>(), link: new Set<number>() };
  let perfEvents = 0;
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const [target, facts] = described(pid, fd);
    if (target === "anon_inode:[perf_event]") perfEvents++;
    // The first is the object itself: a link names its program, too
    const [, kind, id] = /^(map|prog|link)_id:\s*(\d+)/m.exec(facts) ?? [];
    if (kind !== undefined) ids[kind as keyof typeof ids].add(Number(id));
  }
  return { ids, perfEvents };
}

function described(pid: number, fd: string): [target: string, facts: string] {
  try {
    return [readlinkSync(`/proc/${pid}/fd/${fd}`), readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8")];
  } catch {
    return ["", ""]; // closed since it was listed
  }
}

test("of a consumer that is killed while records come nothing stays, and what nobody reads is counted", {
  needs: ["bpf", "bpftool"],
}, async () => {
  await using consumer = new Consumer();
  const ready = () => holdings(consumer.pid).ids.link.size === 1;
  assertEquals(await eventually(ready), true);
  const { ids, perfEvents } = holdings(consumer.pid);
  assertEquals(perfEvents, onlineCpus().length);
  {
    using programs = new DisposableStack();
    const named = new Map([...ids.prog].map((id) => {
      const program = programs.use(openProgram({ id }));
      return [program.name, program];
    }));
    const counts = programs.use(
      openMap({ id: [...ids.map].find((id) => openedName(id) === "states") ?? 0 }, states),
    );
    const [toRing, toPerf] = [named.get("to_ring")!, named.get("to_perf")!];
    {
      await using _ring = new Elsewhere(toRing, 2000, { forever: true });
      await using _perf = new Elsewhere(toPerf, 2000, { forever: true });
      await consumer.more(40);
      await consumer.kill();
    }
    const droppedBy = (program: Program, repeat: number) => {
      const { dropped } = total(counts);
      const { returnValue } = program.run({ data: PACKET, repeat });
      return [returnValue, total(counts).dropped - dropped] as const;
    };
    // The perf events went with the process: no program finds a place for a record
    const [sentToPerf, droppedByPerf] = droppedBy(toPerf, 1000);
    assertEquals([sentToPerf, droppedByPerf >= 1000], [0, true], `${droppedByPerf} dropped`);
    // The ring is there for as long as its program, which fills it
    const [sentToRing, droppedByRing] = droppedBy(toRing, 50_000);
    const room = (1 << 18) / (16 + 8);
    assertEquals([sentToRing, droppedByRing >= 50_000 - room], [0, true], `${droppedByRing} dropped`);
  }
  const left = () =>
    (["map", "prog", "link"] as const).flatMap((kind) => {
      const all = new Set(idsOf(kind));
      return [...ids[kind]].filter((id) => all.has(id)).map((id) => `${kind} ${id}`);
    });
  assertEquals(await eventually(() => left().length === 0), true, left().join());
});

function openedName(id: number): string {
  using map = openMap({ id });
  return map.name;
}

test("a second consumer of a pinned ring goes on where the kernel has the position of one that was killed", {
  needs: ["bpf", "bpffs", "bpftool"],
}, async () => {
  await using samples = await Samples.open();
  samples.size = 64;
  const events = samples.object.maps.get("events", ring());
  using _undo = { [Symbol.dispose]: () => events.unpin() };
  const pin = `/sys/fs/bpf/waggle_killed_${process.pid}`;
  events.pin(pin);
  using positions = new Mapping(events.descriptor, { length: pageSize() });
  const consumed = () => Number(new BigUint64Array(positions.buffer, 0, 1)[0]) / RECORD_SIZE;
  const toRing = samples.object.programs.get("to_ring");
  const account = new Account();
  let first: number;
  {
    toRing.run({ data: PACKET, repeat: 100 });
    await using consumer = new Consumer(pin);
    await consumer.more(1);
    await using _producer = new Elsewhere(toRing, 2000, { forever: true });
    await consumer.more(20);
    await consumer.pause(100);
    await consumer.more(20);
    await consumer.kill();
    add(account, consumer);
    first = consumed();
    // It had read up to a batch that it did not come to print
    assertEquals(
      first >= account.count && first <= account.count + BATCH,
      true,
      `${first}, ${account.count}`,
    );
    // Nobody reads
    toRing.run({ data: PACKET, repeat: 100 });
    assertEquals(consumed(), first);
  }
  const read = account.count;
  {
    await using consumer = new Consumer(pin);
    await consumer.more(1);
    {
      await using _producer = new Elsewhere(toRing, 2000, { forever: true });
      await consumer.more(20);
      await consumer.pause(100);
      await consumer.more(20);
    }
    const { made, dropped } = total(samples.object.maps.get("states", states));
    const all = () => first + consumer.batches.flat().length;
    assertEquals(await eventually(() => all() >= made - dropped), true, `${all()} of ${made - dropped}`);
    await consumer.kill();
    add(account, consumer); // throws where a number comes twice
    assertEquals([first + account.count - read, consumed()], [made - dropped, made - dropped]);
  }
});
