/**
 * Waits for events that another thread makes, one after the other, as tests/bench/wake.c and wake.go do. Prints how long each
 * took from the program to the loop, in us; with `drain` without a loop, by a thread that does nothing else; with `idle` which
 * part of a CPU the process takes while none comes, in percent.
 */
import process from "node:process";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { load, openProgram, ring, struct, u64 } from "../../mod.ts";
import { CLOCK, clockTime } from "../../src/sys/mod.ts";

const EVENTS = 1000;
const IDLE_MS = 5000;

if (isMainThread) await receive();
else send(workerData.id);

async function receive(): Promise<void> {
  await using object = await load(new URL("fill.bpf.o", import.meta.url));
  const events = object.maps.get("events", ring(struct({ time: u64 })));
  if (process.argv.includes("idle")) {
    let before = process.cpuUsage();
    setTimeout(() => before = process.cpuUsage(), 500); // started by then
    for await (const _ of events.events({ timeout: 500 + IDLE_MS }));
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 10 / IDLE_MS);
    return;
  }
  const offset = clockOffset();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { id: object.programs.get("wake").info.id },
  });
  worker.on("error", (error) => {
    throw error; // or the loop waits for ever
  });
  let count = 0;
  const tell = (time: bigint) => {
    console.log(performance.now() * 1000 + offset - Number(time) / 1000);
    count++;
  };
  if (process.argv.includes("drain")) {
    while (count < EVENTS) {
      events.drain((view, at) => tell(view.getBigUint64(at, true)), { timeout: Infinity });
    }
  } else {
    for await (const { time } of events) {
      tell(time);
      if (count === EVENTS) break;
    }
  }
  await worker.terminate();
}

/** What the kernel's clock is ahead of `performance.now()`, in us: that is read in a fraction of the time of a system call. */
function clockOffset(): number {
  const offsets = Array.from({ length: 1000 }, () => {
    const before = performance.now();
    return Number(clockTime(CLOCK.MONOTONIC)) / 1000 - before * 1000;
  });
  return Math.min(...offsets);
}

function send(id: number): void {
  using program = openProgram({ id });
  const data = new Uint8Array(64);
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < EVENTS; i++) {
    Atomics.wait(never, 0, 0, 1);
    program.run({ data });
  }
}
