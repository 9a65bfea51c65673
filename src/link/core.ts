/**
 * The part of the room that kernel functions attach by, without the other ways: every module that a script does not load lets it
 * start 0.2 ms sooner.
 *
 * @module
 */
export type { Attachment } from "./link.ts";
export { attachCgroup, type CgroupHook, type CgroupOptions } from "./cgroup.ts";
export { attachIterator, type IteratorLink, type IteratorOptions } from "./iterator.ts";
export { attachPerfEvent, type PerfEventOptions } from "./perf_event.ts";
export { attachTracepoint } from "./tracepoint.ts";
export { attachTracing } from "./tracing.ts";
export { attachUprobe } from "./uprobe.ts";
export { attachUprobeMulti } from "./uprobe_multi.ts";
export { attachKprobe } from "./kprobe.ts";
export { attachKprobeMulti } from "./kprobe_multi.ts";
export { attachRawTracepoint } from "./raw_tracepoint.ts";
export { attachTc } from "./tc.ts";
export { attachTcx, type TcxDirection } from "./tcx.ts";
export {
  attachUsdtPlaces,
  findUsdt,
  usdtArguments,
  type UsdtArgumentSpec,
  UsdtAttachment,
} from "./usdt_places.ts";
export { attachXdp, type XdpOptions } from "./xdp.ts";
