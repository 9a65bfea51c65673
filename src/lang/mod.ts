/**
 * Kernel functions: from source text to BPF instructions. Pure; nothing here asks the kernel.
 *
 * A front end reads a source into {@linkcode FunctionSyntax}, which names things of the script and of the kernel; checking gives
 * the names a meaning and the values types; and from that instructions are made.
 *
 * @module
 */

// The way through
export { compile, type Compiled, type CompileOptions, type Origin } from "./compile.ts";
export { RETURNED } from "./check/check.ts";

// Front ends
export { fromJavaScript } from "./javascript/function.ts";
export type { FunctionSyntax } from "./ir/syntax.ts";
export type { Place } from "./ir/place.ts";

// What functions find around them
export type {
  ContextSpec,
  Environment,
  FieldSpec,
  MemberSpec,
  ParameterSpec,
  SharedSpec,
  SharedUse,
} from "./check/environment.ts";
export type { Access } from "./emit/emitter.ts";
export { BELOW_ZERO, lostOf } from "./emit/effects.ts";

// What is shared, outside of the kernel
export { codecOf, typeOf } from "./codec.ts";
export type { RecordType, StoredType } from "./ir/type.ts";
