/**
 * Snapshots at regular times.
 *
 * @module
 */
import type { MapHandle } from "./handle.ts";

/** Options of `watch()`. */
export interface WatchOptions {
  /** The time from one snapshot to the next, in ms. */
  readonly every: number;
  /** Ends the snapshots when it aborts: the loop over them ends without an error. */
  readonly signal?: AbortSignal;
}

/**
 * A snapshot now, then one at each multiple of the time, until the loop is left, the signal aborts or the map is closed.
 * Times that pass while the loop works are left out.
 */
export async function* watch<S>(
  map: Pick<MapHandle, "name" | "closed">,
  snapshot: () => S,
  { every, signal }: WatchOptions,
): AsyncGenerator<S, void, void> {
  if (!(every > 0 && every <= MAX_MS)) {
    throw new RangeError(
      `Cannot watch map "${map.name}" every ${every} ms: not a number above 0 and up to ${MAX_MS}`,
    );
  }
  const start = performance.now();
  for (let turn = 0; !map.closed && !signal?.aborted;) {
    yield snapshot();
    const elapsed = performance.now() - start;
    // Timers may fire a little early: the turn that they were for is not to come again
    turn = Math.max(turn + 1, Math.ceil(elapsed / every));
    await sleep(turn * every - elapsed, signal);
  }
}

/** What timers take. */
const MAX_MS = 0x7fff_ffff;

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
