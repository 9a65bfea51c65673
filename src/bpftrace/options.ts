/**
 * How scripts run.
 *
 * @module
 */
import type { OutputFormat, RunCommand } from "./doer.ts";

/** How a script runs. */
export interface ScriptOptions {
  /** What the script is from, for messages; `script` by default. */
  readonly file?: string;
  /** `$1` and on. */
  readonly parameters?: readonly string[];
  /** The process whose calls of functions of programs count; all of them by default. */
  readonly pid?: number;
  /** The process that was started for the script, which it knows as `cpid`. */
  readonly child?: number;
  /** Whether `system()` and `signal()` are allowed. */
  readonly unsafe?: boolean;
  /** How the output is written: `text` by default. */
  readonly format?: OutputFormat;
  /** What runs a command of `system()`, and returns what it wrote. */
  readonly command?: RunCommand;
  /** Hears of what is not as it should be, and goes on all the same. */
  readonly warn?: (message: string) => void;
}
