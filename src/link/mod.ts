/**
 * Links: programs attached to events of the kernel.
 *
 * @module
 */
export { type Attachment, Link, type UpdateLinkOptions } from "./link.ts";
export type { AnyLinkInfo, AttachTypeName, LinkInfo, LinkType, PerfEventInfo } from "./info.ts";
export type { KprobeMultiInfo, KprobeMultiPlace, UprobeMultiInfo, UprobeMultiPlace } from "./info_multi.ts";
export { type LinkSource, listLinks, openLink } from "./open.ts";
export type { Anchor, AnchorTarget } from "./anchor.ts";
export { attachCgroup, type CgroupHook, type CgroupMode, type CgroupOptions } from "./cgroup.ts";
export { attachNetns } from "./netns.ts";
export type { Netns } from "./_netns.ts";
export { attachSockmap, type SockmapAttachType, type SockmapOptions, type SockmapTarget } from "./sockmap.ts";
export { type AttachedProgram, type AttachedPrograms, queryPrograms, type QueryTarget } from "./query.ts";
export { attachNetfilter, type NetfilterHook, type NetfilterOptions } from "./netfilter.ts";
export { attachNetkit, type NetkitEnd } from "./netkit.ts";
export { attachLirc } from "./lirc.ts";
export { attachLwt, attachSeg6Local, type LwtPrograms, type LwtRoute } from "./lwt.ts";
export { attachTc, type TcAttachment, type TcOptions } from "./tc.ts";
export {
  cleanupTc,
  listTc,
  type PlacedTcFilter,
  removeTc,
  type TcFilter,
  type TcProcess,
} from "./tc_filters.ts";
export { attachTcx, type TcxDirection } from "./tcx.ts";
export type { DeviceProgramOptions } from "./_device_programs.ts";
export type { SocketTarget } from "./_socket.ts";
export { attachReuseport } from "./reuseport.ts";
export { attachSocketFilter } from "./socket_filter.ts";
export { type Frame, PacketSocket, packetSocket } from "./packet_socket.ts";
export { attachRawTracepoint, type RawTracepointOptions } from "./raw_tracepoint.ts";
export { attachTracepoint, type TracepointOptions } from "./tracepoint.ts";
export { attachXdp, type XdpMode, type XdpOptions } from "./xdp.ts";
export { attachUprobe, type UprobeOptions } from "./uprobe.ts";
export { attachUsdt, listUsdt, type UsdtOptions, type UsdtProbe, type UsdtProbePlace } from "./usdt.ts";
export { UsdtAttachment } from "./usdt_places.ts";
export type { UsdtMap } from "./_usdt_specs.ts";
export { attachUprobeMulti, type UprobeMultiOptions, type UprobeMultiPlaces } from "./uprobe_multi.ts";
export {
  attachPerfEvent,
  type PerfEvent,
  PerfEventAttachment,
  type PerfEventOptions,
  type PerfEventRate,
} from "./perf_event.ts";
export type { HardwareEvent, SoftwareEvent } from "./_perf_events.ts";
export { attachIterator, type CgroupOrder, IteratorLink, type IteratorOptions } from "./iterator.ts";
export { attachKprobe, attachKsyscall, type KprobeOptions, type KsyscallOptions } from "./kprobe.ts";
export { cleanupProbes, listProbes, type ProbeInfo } from "./probes.ts";
export type { ProbeKind } from "./_probe_file.ts";
export { attachKprobeMulti, type KprobeMultiFunctions, type KprobeMultiOptions } from "./kprobe_multi.ts";
export { attachTracing, type TracingOptions } from "./tracing.ts";
export { attachTracingMulti, type TracingMultiFunctions, type TracingMultiOptions } from "./tracing_multi.ts";
