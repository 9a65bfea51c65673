/**
 * "Why do I see nothing?": whether programs are attached, run, filter, and whether what they write finds room and
 * readers.
 *
 * @example
 * ```ts ignore
 * import { explain } from "@waggle/ebpf/report";
 *
 * console.log(String(await explain(object)));
 * ```
 *
 * @module
 */
export { explain, type Explainable, type ExplainOptions, Observation, observe } from "./explain.ts";
export type {
  AttachmentReport,
  AttachmentsReport,
  Finding,
  FindingCode,
  FindingLevel,
  MapReport,
  ObjectReport,
  Problem,
  ProgramReport,
  ReportSubject,
  RingState,
} from "./parts.ts";
export { Report } from "./report.ts";
export { explainSilence, type SilenceOptions } from "./silence.ts";
