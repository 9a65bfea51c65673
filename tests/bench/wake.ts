/**
 * Waits for events, one after the other, which tests/bench/wake.c and wake.go do too. Prints how long each took from the program
 * to the loop, in us; with `idle` which part of a CPU the process takes while none comes, in percent.
 */
import process from "node:process";
import { load, ring, struct, u64 } from "../../mod.ts";
import { CLOCK, clockTime } from "../../src/sys/mod.ts";

const EVENTS = 1000;
const IDLE_MS = 5000;

await using object = await load(new URL("fill.bpf.o", import.meta.url));
const events = object.maps.get("events", ring(struct({ time: u64 })));
if (process.argv.includes("idle")) {
  let before = process.cpuUsage();
  setTimeout(() => before = process.cpuUsage(), 500); // started by then
  for await (const _ of events.events({ timeout: 500 + IDLE_MS }));
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 10 / IDLE_MS);
} else {
  const wake = object.programs.get("wake");
  const data = new Uint8Array(64);
  const send = () => void wake.run({ data });
  setTimeout(send, 1);
  let count = 0;
  for await (const { time } of events) {
    console.log(Number(clockTime(CLOCK.MONOTONIC) - time) / 1000);
    if (++count === EVENTS) break;
    setTimeout(send, 1);
  }
}
