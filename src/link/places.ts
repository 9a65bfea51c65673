/**
 * The part of the room that programs watch by: functions, tracepoints and clocks, without cgroups and packets. What scripts of
 * bpftrace attach by.
 *
 * @module
 */
export type { Attachment } from "./link.ts";
export { attachPerfEvent, type PerfEventOptions } from "./perf_event.ts";
export { attachTracepoint } from "./tracepoint.ts";
export { attachTracing } from "./tracing.ts";
export { attachUprobe } from "./uprobe.ts";
export { userPath } from "./_user_path.ts";
export { attachUprobeMulti } from "./uprobe_multi.ts";
export { attachKprobe } from "./kprobe.ts";
export { attachKprobeMulti } from "./kprobe_multi.ts";
export { attachRawTracepoint } from "./raw_tracepoint.ts";
export {
  attachUsdtPlaces,
  findUsdt,
  usdtArguments,
  type UsdtArgumentSpec,
  UsdtAttachment,
} from "./usdt_places.ts";
