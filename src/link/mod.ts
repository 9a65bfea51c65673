/**
 * Links: programs attached to events of the kernel.
 *
 * @module
 */
export { type Attachment, Link, type UpdateLinkOptions } from "./link.ts";
export type { AnyLinkInfo, AttachType, LinkInfo, LinkType, PerfEventInfo } from "./info.ts";
export { type LinkSource, listLinks, openLink } from "./open.ts";
export { attachRawTracepoint, type RawTracepointOptions } from "./raw_tracepoint.ts";
export { attachTracepoint, type TracepointOptions } from "./tracepoint.ts";
export { attachXdp, type XdpMode, type XdpOptions } from "./xdp.ts";
