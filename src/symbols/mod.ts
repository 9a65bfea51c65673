/**
 * Names for addresses: stacks of the kernel and of processes as functions.
 *
 * @example Where a process is
 * ```ts ignore
 * import { formatFrame, Symbolizer } from "@waggle/ebpf/symbols";
 *
 * using symbols = new Symbolizer();
 * for (const frame of symbols.stack({ pid: 42, user: [0x55d4c0a01139n, 0x7f3a9c629d90n] })) console.log(formatFrame(frame));
 * ```
 *
 * @module
 */
export { demangle } from "./demangle.ts";
export { formatFrame, type Frame } from "./frame.ts";
export { type Stack, type Stacks, Symbolizer, type SymbolizerOptions } from "./symbolizer.ts";
