/**
 * Counting how often programs run, for as long as somebody looks.
 *
 * @module
 */
import { WaggleError } from "../errors.ts";
import { enableStats } from "../program/mod.ts";
import { textIfThere } from "./_files.ts";

/** Has the kernel count; says why where it does not. */
export class Statistics implements Disposable {
  /** Why nothing is counted; `undefined` where it is. */
  readonly unavailable: string | undefined;
  readonly #enabled: Disposable | undefined;

  /** Counts from here on. */
  constructor() {
    try {
      this.#enabled = enableStats();
    } catch (error) {
      if (!(error instanceof WaggleError)) throw error;
      const counted = textIfThere("/proc/sys/kernel/bpf_stats_enabled")?.trim() === "1";
      if (!counted) this.unavailable = error.message;
    }
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#enabled?.[Symbol.dispose]();
  }
}
