/**
 * Stacks: numbers in a map of stacks.
 *
 * @module
 */
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { U64 } from "../ir/type.ts";
import type { Expression } from "./ast.ts";
import type { Lowering } from "./lowering.ts";
import { processNumber } from "./process.ts";
import { type StackMode, UINT64 } from "./types.ts";
import { partsValue, scalarValue, type Value } from "./value.ts";

/** How many frames a stack has where nobody says. */
const FRAMES = 127;
/** `BPF_F_USER_STACK` of `include/uapi/linux/bpf.h`. */
const USER_STACK = 256n;
const MODES: readonly StackMode[] = ["bpftrace", "perf", "raw"];

/** `kstack`, `ustack(perf, 3)`. */
export function stackValue(
  lowering: Lowering,
  user: boolean,
  args: readonly Expression[],
  place: Place,
): Value {
  let mode: StackMode = "bpftrace";
  let limit = FRAMES;
  for (const arg of args) {
    const named = arg.kind === "name" ? MODES.find((one) => one === arg.name) : undefined;
    if (named) mode = named;
    else if (arg.kind === "integer" && arg.value >= 1n && arg.value <= 127n) limit = Number(arg.value);
    else {
      throw new Fault(
        arg.place,
        "a stack takes a mode, and how many frames it has at most",
        "kstack(perf, 5)",
      );
    }
  }
  const map = stacksOf(limit);
  lowering.stacks.set(map, limit);
  lowering.used.add(map);
  const id: Scalar = {
    kind: "helper",
    type: U64,
    place,
    helper: "bpf_get_stackid",
    arguments: [{ kind: "contextItself" }, { kind: "map", map }, constant(user ? USER_STACK : 0n, place)],
  };
  const process = user ? processNumber(place) : constant(0n, place);
  const parts = [scalarValue(UINT64, id), scalarValue(UINT64, process)];
  return partsValue({ kind: "stack", user, mode, limit }, parts, place);
}

/** The map of stacks with so many frames. */
export function stacksOf(limit: number): string {
  return `stacks${limit}`;
}
