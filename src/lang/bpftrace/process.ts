/**
 * The process that runs.
 *
 * @module
 */
import type { HelperName } from "../../asm/mod.ts";
import { constant } from "../check/convert.ts";
import type { Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { U32, U64 } from "../ir/type.ts";
import { computed } from "./numbers.ts";
import { UINT32, UINT64 } from "./types.ts";
import { scalarValue, type Value } from "./value.ts";

/** A number that a helper returns. */
export function helper(name: HelperName, place: Place, ...args: readonly Scalar[]): Scalar {
  return { kind: "helper", type: U64, place, helper: name, arguments: args };
}

/** The high or the low half of a number, as those that have the process and the thread in them. */
export function half(of: Scalar, which: "high" | "low", place: Place): Value {
  const value = which === "high"
    ? computed(">>", of, constant(32n, place), UINT32, place)
    : computed("&", of, constant(0xffff_ffffn, place), UINT32, place);
  const scalar = value.ir.is === "scalar" ? { ...value.ir.scalar, type: U32 } : of;
  return scalarValue(UINT64, scalar);
}

/** The process that runs. */
export function processNumber(place: Place): Scalar {
  const value = half(helper("bpf_get_current_pid_tgid", place), "high", place);
  return value.ir.is === "scalar" ? value.ir.scalar : constant(0n, place);
}
