/** Runs cases in a thread of its own, so that one that never ends can be told and stopped. */
import { parentPort } from "node:worker_threads";
import { useNative } from "../../ffi/current.ts";
import { fakeNative } from "../../ffi/fake.ts";
import { runCase, type TargetName, TARGETS } from "./_targets.ts";

/** What a worker is to do. */
export interface Order {
  readonly target: TargetName;
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Shared memory for the number of the case at work. */
  readonly current: Int32Array;
}

/** What a worker did, or the case that it failed at. */
export type Report =
  | { readonly taken: number }
  | { readonly failed: number; readonly why: string };

/** Longest time that a case may take, in ms. */
const LIMIT_MS = 1000;

parentPort?.once("message", (order: Order) => parentPort?.postMessage(run(order)));

function run({ target: name, seed, first, count, current }: Order): Report {
  using _kernel = useNative(fakeNative(({ name }) => {
    throw new Error(`system call ${name}`);
  }));
  const target = TARGETS[name]();
  let taken = 0;
  const timed = (number: number): number => {
    const start = performance.now();
    if (runCase(target, seed, number)) taken++;
    return performance.now() - start;
  };
  for (let number = first; number < first + count; number++) {
    Atomics.store(current, 0, number);
    try {
      // Again, since a busy machine may have kept the thread waiting.
      const time = timed(number) > LIMIT_MS ? timed(number) : 0;
      if (time > LIMIT_MS) throw new Error(`it takes ${Math.round(time)} ms`);
    } catch (error) {
      const why = error instanceof Error ? error.stack ?? error.message : String(error);
      return { failed: number, why };
    }
  }
  return { taken };
}
