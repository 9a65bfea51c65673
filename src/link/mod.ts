/**
 * Links: programs attached to events of the kernel.
 *
 * @module
 */
export { Link, type LinkInfo } from "./link.ts";
export { attachRawTracepoint, type RawTracepointOptions } from "./raw_tracepoint.ts";
export { attachTracepoint, type TracepointOptions } from "./tracepoint.ts";
export { attachXdp, type XdpMode, type XdpOptions } from "./xdp.ts";
