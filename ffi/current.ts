/**
 * The runtime in use: opened on first use, replaceable in tests.
 *
 * @module
 */
import { NotSupportedError } from "../src/errors.ts";
import { openBun } from "./bun.ts";
import { openDeno } from "./deno.ts";
import type { Native } from "./native.ts";

let current: Native | undefined;

/**
 * The door to the kernel, opened on the first call.
 *
 * @throws {PermissionError} The runtime denies foreign functions.
 * @throws {NotSupportedError} Not Deno or Bun, not Linux, or an unknown processor.
 */
export function native(): Native {
  return current ??= open();
}

function open(): Native {
  const opened = openDeno() ?? openBun();
  if (opened) return opened;
  throw new NotSupportedError("Cannot reach the kernel: this runtime is neither Deno nor Bun");
}

/** Answers all system calls by `replacement` until the result is disposed of. */
export function useNative(replacement: Native): Disposable {
  const before = current;
  current = replacement;
  return { [Symbol.dispose]: () => void (current = before) };
}
