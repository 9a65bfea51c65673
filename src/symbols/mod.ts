/**
 * Names for addresses: stacks of the kernel and of processes as functions.
 *
 * @module
 */
export { demangle } from "./demangle.ts";
export { formatFrame, type Frame } from "./frame.ts";
export { type Stack, type Stacks, Symbolizer, type SymbolizerOptions } from "./symbolizer.ts";
