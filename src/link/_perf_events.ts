/**
 * The names of events, as perf(1) has them.
 *
 * @module
 */
import { PERF_COUNT_SW } from "../uapi/mod.ts";

/** An event of the kernel (`enum perf_sw_ids`). */
export type SoftwareEvent =
  | "cpu-clock"
  | "task-clock"
  | "page-faults"
  | "context-switches"
  | "cpu-migrations"
  | "minor-faults"
  | "major-faults"
  | "alignment-faults"
  | "emulation-faults"
  | "cgroup-switches";

/** An event of the processor (`enum perf_hw_id`). */
export type HardwareEvent =
  | "cpu-cycles"
  | "instructions"
  | "cache-references"
  | "cache-misses"
  | "branch-instructions"
  | "branch-misses"
  | "bus-cycles"
  | "stalled-cycles-frontend"
  | "stalled-cycles-backend"
  | "ref-cycles";

const SOFTWARE: Readonly<Record<SoftwareEvent, number>> = {
  "cpu-clock": PERF_COUNT_SW.CPU_CLOCK,
  "task-clock": PERF_COUNT_SW.TASK_CLOCK,
  "page-faults": PERF_COUNT_SW.PAGE_FAULTS,
  "context-switches": PERF_COUNT_SW.CONTEXT_SWITCHES,
  "cpu-migrations": PERF_COUNT_SW.CPU_MIGRATIONS,
  "minor-faults": PERF_COUNT_SW.PAGE_FAULTS_MIN,
  "major-faults": PERF_COUNT_SW.PAGE_FAULTS_MAJ,
  "alignment-faults": PERF_COUNT_SW.ALIGNMENT_FAULTS,
  "emulation-faults": PERF_COUNT_SW.EMULATION_FAULTS,
  "cgroup-switches": PERF_COUNT_SW.CGROUP_SWITCHES,
};

/** `enum perf_hw_id` of `include/uapi/linux/perf_event.h`. */
const HARDWARE: Readonly<Record<HardwareEvent, number>> = {
  "cpu-cycles": 0,
  "instructions": 1,
  "cache-references": 2,
  "cache-misses": 3,
  "branch-instructions": 4,
  "branch-misses": 5,
  "bus-cycles": 6,
  "stalled-cycles-frontend": 7,
  "stalled-cycles-backend": 8,
  "ref-cycles": 9,
};

/** The numbers of all events of a type, by name. */
export function perfEvents(type: "software" | "hardware"): ReadonlyMap<string, number> {
  return new Map(Object.entries(type === "software" ? SOFTWARE : HARDWARE));
}
