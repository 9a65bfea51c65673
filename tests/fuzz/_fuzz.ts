/** Shares cases out to threads, and watches them. */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { describeCase, type TargetName } from "./_targets.ts";
import type { Order, Report } from "./_worker.ts";

/** A case that takes longer than this is stopped, in ms; the thread itself measures what is shorter. */
const STUCK_MS = 20_000;

/** What the process may take beyond what it had before, in MB: the compiled code and garbage of two threads. */
const MEMORY_MB = 700;

/** In place of the number of a case as long as a thread loads its modules. */
const LOADING = -1;

/** How often the threads are looked at, in ms. */
const WATCH_MS = 100;

/**
 * Runs cases of a target, those of each seed in a thread of its own, and gives the share whose bytes were taken.
 *
 * @throws {Error} A case failed; the message says how to run it again.
 */
export async function fuzz(
  target: TargetName,
  seeds: readonly number[],
  first: number,
  count: number,
): Promise<number> {
  const results = await Promise.allSettled(seeds.map((seed) => fuzzSeed({ target, seed, first, count })));
  let taken = 0;
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
    taken += result.value;
  }
  return taken / (seeds.length * count);
}

async function fuzzSeed(order: Omit<Order, "current">): Promise<number> {
  const { target, seed } = order;
  const current = new Int32Array(new SharedArrayBuffer(4)).fill(LOADING);
  const worker = new Worker(new URL("_worker.ts", import.meta.url));
  const before = memory();
  let watch: ReturnType<typeof setInterval> | undefined;
  try {
    const report = await new Promise<Report>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      let last = LOADING;
      let since = performance.now();
      watch = setInterval(() => {
        const failed = Atomics.load(current, 0);
        const megabytes = memory() - before;
        if (megabytes > MEMORY_MB) {
          resolve({ failed, why: `the process grew by ${Math.round(megabytes)} MB` });
        }
        if (failed !== last) [last, since] = [failed, performance.now()];
        else if (failed !== LOADING && performance.now() - since > STUCK_MS) {
          resolve({ failed, why: "it does not end" });
        }
      }, WATCH_MS);
      worker.postMessage({ ...order, current });
    });
    if ("taken" in report) return report.taken;
    const { failed, why } = report;
    throw new Error(
      `FUZZ_CASE=${target}:${seed}:${failed} shows it again: ${describeCase(target, seed, failed)}: ${why}`,
    );
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

/** What the process has in memory, in MB; 0 where the system does not say. */
function memory(): number {
  try {
    return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
