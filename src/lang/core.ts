/**
 * The part of the room that says what functions find in the kernel, for those who describe it: without the front ends.
 *
 * @module
 */
export type { ContextSpec, ParameterSpec } from "./check/environment.ts";
export { intTypeOf, isAddress, isHardware } from "./check/integers.ts";
export { parametersOf } from "./check/parameters.ts";
export { bigEndianSize } from "./check/network_order.ts";
export type { IntType, Shown } from "./ir/type.ts";
