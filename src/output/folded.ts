/**
 * Folded stacks, what flame graphs are drawn from.
 *
 * @module
 */
import { escapeControls } from "./escape.ts";
import type { StackSample } from "./stack.ts";

/** Where neither a frame nor a name is known. */
const UNKNOWN = "[unknown]";

/**
 * Stack traces as `comm;outer;inner 42`, one line each, sorted, those that are equal added up: the format that
 * flamegraph.pl and speedscope read. The label `comm` comes first where there is one. A `;` in names becomes `:`.
 *
 * @example
 * ```ts
 * import { foldedStacks } from "@waggle/ebpf/output";
 *
 * foldedStacks([{ frames: ["read", "main"], count: 3, labels: { comm: "cat" } }]); // cat;main;read 3
 * ```
 */
export function foldedStacks(samples: Iterable<StackSample>): string {
  const counts = new Map<string, bigint>();
  for (const { frames, count, labels } of samples) {
    const { comm } = labels ?? {};
    const names = [...comm === undefined ? [] : [String(comm)], ...frames.toReversed()];
    const stack = (names.length === 0 ? [UNKNOWN] : names).map(frameName).join(";");
    counts.set(stack, (counts.get(stack) ?? 0n) + BigInt(count));
  }
  const sorted = [...counts].sort(([a], [b]) => a < b ? -1 : 1);
  return sorted.map(([stack, count]) => `${stack} ${count}`).join("\n");
}

function frameName(name: string): string {
  return escapeControls(name).replaceAll(";", ":") || UNKNOWN;
}
