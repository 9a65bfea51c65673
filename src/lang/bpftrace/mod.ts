/**
 * Scripts of bpftrace: from their text to programs, and to what is done outside of the kernel. Pure; nothing here asks the
 * kernel.
 *
 * @module
 */
export type { AttachPoint, ProbeNode, Script } from "./ast.ts";
export { parseScript } from "./parse.ts";
export type { Host, Site } from "./lowering.ts";
export { type LoweredProbe, type PlacedProbe, type Plan, planScript } from "./script.ts";
export { type Action, ACTIONS, type PlannedAction, type PlannedMap, type PlannedProgram } from "./plan.ts";
export type { PlannedStacks } from "./plan.ts";
export { formatPieces, parseFormat, type Piece } from "./format.ts";
export { stacksOf } from "./stacks.ts";
export { type Aggregation, isAggregation, type MapValue, type StackMode, type ValueType } from "./types.ts";
export { Fault, type Place } from "../ir/place.ts";
export type { RecordType, StoredType } from "../ir/type.ts";
export { storedTypes } from "./value.ts";
export { codecOf } from "../codec.ts";
export { explainProgram } from "../explain.ts";
export { STATS } from "../emit/aggregations.ts";
export { BELOW_ZERO } from "../emit/buckets.ts";
export { lostOf } from "../emit/maps.ts";
export type { ContextSpec, FieldSpec, ParameterSpec } from "../check/environment.ts";
