/**
 * How long commands go on that do not end by themselves.
 *
 * @module
 */
import process from "node:process";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** The end of a command; disposal forgets it. */
export interface End extends Disposable {
  /** Aborts on Ctrl-C, and when the time is over. */
  readonly signal: AbortSignal;
}

/** @throws {TypeError} The text is no time: `500ms`, `2s`, `1m`. */
export function milliseconds(option: string, text: string): number {
  const [, digits, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const time = Number(digits) * (UNITS[unit] ?? 1);
  if (time > 0) return time;
  throw new TypeError(`${option} ${text} is no time: 500ms, 2s, 1m`);
}

/** The end of what runs for this long, in ms, or until somebody ends it. */
export function untilEnd(duration: number | undefined): End {
  const end = new AbortController();
  const abort = () => end.abort();
  const timer = duration === undefined ? undefined : setTimeout(abort, duration);
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  return {
    signal: end.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      process.off("SIGINT", abort);
      process.off("SIGTERM", abort);
    },
  };
}

/** Resolves after so many ms, or when the signal aborts. */
export function pause(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, time);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
