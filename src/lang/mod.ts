/**
 * Kernel functions: from source text to BPF instructions. Pure; nothing here asks the kernel.
 *
 * A front end reads a source into {@linkcode FunctionSyntax}, which names things of the script and of the kernel; checking gives
 * the names a meaning and the values types; and from that instructions are made.
 *
 * @module
 */

// The way through
export { compile, type Compiled, type CompileOptions, type FilePlace, type Origin } from "./compile.ts";
export { explainProgram } from "./explain.ts";
export { RETURNED } from "./check/check.ts";

// Front ends
export { fromJavaScript, handedFromJavaScript } from "./javascript/function.ts";
export type { FunctionSyntax, InnerFunctionSyntax } from "./ir/syntax.ts";
export type { Place } from "./ir/place.ts";

// What functions find around them
export type {
  ContextSpec,
  Environment,
  FieldSpec,
  KeySpec,
  MemberSpec,
  ParameterSpec,
  SharedSpec,
  SharedUse,
} from "./check/environment.ts";
export type { Access, AccessAt } from "./emit/emitter.ts";
export { STATS } from "./emit/aggregations.ts";
export { BELOW_ZERO, bucketCount } from "./emit/buckets.ts";
export { lostOf } from "./emit/maps.ts";
export { STACK_PROCESS_AT, stacksOf } from "./emit/stacks.ts";
export { bucketKey } from "./check/shared/aggregations.ts";

// What is shared, outside of the kernel
export { codecOf, typeOf } from "./codec.ts";
export type { FieldPath } from "./ir/field_path.ts";
export type { LoopWay } from "./ir/loop_way.ts";
export type { LinearBuckets } from "./ir/buckets.ts";
export { type Names, type RecordType, type StackType, type StoredType, withLock } from "./ir/type.ts";
