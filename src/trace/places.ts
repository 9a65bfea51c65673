/**
 * The part of the room that other languages need, too: what the kernel tells of the places that programs attach to.
 *
 * @module
 */
export { type FunctionTypes, functionTypes } from "./_function_types.ts";
export { type UsdtWays, usdtWays } from "./_usdt_ways.ts";
export { tracepointFields } from "./_tracepoint_format.ts";
export { rawTracepointArguments } from "./_raw_tracepoint_types.ts";
