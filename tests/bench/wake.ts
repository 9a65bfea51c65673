/**
 * Waits for events that another thread makes, one after the other, as tests/bench/wake.c and wake.go do. Prints how long each
 * took from the program to the loop, in us; with `idle` which part of a CPU the process takes while none comes, in percent.
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
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { id: object.programs.get("wake").info.id },
  });
  worker.on("error", (error) => {
    throw error; // or the loop waits for ever
  });
  let count = 0;
  for await (const { time } of events) {
    console.log(Number(clockTime(CLOCK.MONOTONIC) - time) / 1000);
    if (++count === EVENTS) break;
  }
  await worker.terminate();
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
