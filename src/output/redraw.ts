/**
 * What is drawn again and again.
 *
 * @module
 */
import { LiveBlock } from "./live.ts";
import type { Sink } from "./sink.ts";
import type { Printable } from "./style.ts";

/** How often something is drawn. */
export interface RedrawOptions {
  /** Milliseconds from one drawing to the next; 1000 by default. */
  readonly every?: number;
  /** Ends it, after a last drawing. */
  readonly signal?: AbortSignal;
}

/**
 * Draws, in place on a terminal and one drawing after the other elsewhere, until the signal aborts or nobody reads any more.
 *
 * @example
 * ```ts
 * import { log2Histogram, redraw, stdout } from "@waggle/ebpf/output";
 *
 * using out = stdout();
 * const sizes = log2Histogram({ unit: "bytes" });
 * await redraw(out, () => sizes.add(4096), { every: 100, signal: AbortSignal.timeout(1000) });
 * ```
 */
export async function redraw(
  sink: Sink,
  draw: () => string | Printable | Promise<string | Printable>,
  { every = 1000, signal }: RedrawOptions = {},
): Promise<void> {
  const block = new LiveBlock(sink);
  for (;;) {
    const shown = await draw();
    const last = signal?.aborted ?? false;
    if (!block.draw(shown) || last) return;
    await pause(every, signal);
  }
}

/** Resolves after this time, or when the signal aborts. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
  });
}
