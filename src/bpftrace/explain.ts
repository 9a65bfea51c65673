/**
 * Faults of scripts, with the line that they are in.
 *
 * @module
 */
import { CompileError } from "../errors.ts";
import type { Fault } from "../lang/bpftrace/mod.ts";

/** A fault as an error: the place in the file, what is wrong, the cure, and the line with a caret below. */
export function explained({ message, place, suggestion }: Fault, file: string, source: string): CompileError {
  const { line, column } = place;
  const cure = suggestion === undefined ? "" : `: ${suggestion}`;
  const text = source.split("\n")[line - 1] ?? "";
  const before = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return new CompileError(
    `Cannot compile the script at ${file}:${line}:${column}: ${message}${cure}\n${text}\n${before}^`,
    { file, line, column, suggestion },
  );
}
