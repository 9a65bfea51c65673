/**
 * The PMUs of probes: what makes an event out of a place in the kernel or in a file, by perf_event_open(2) alone.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { ERRNO, readTextFile } from "../sys/mod.ts";

/** A PMU of probes. */
export interface ProbePmu {
  /** `perf_event_attr.type`. */
  readonly type: number;
  /** The value of `perf_event_attr.config` for probes at the return of functions. */
  readonly returnFlag: bigint;
}

/** The PMU of a kind of probes; `undefined` before Linux 4.17, and where the kernel has no such probes. */
export function probePmu(kind: "kprobe" | "uprobe"): ProbePmu | undefined {
  const folder = `/sys/bus/event_source/devices/${kind}`;
  try {
    const type = Number(readTextFile(`${folder}/type`));
    // "config:0"
    const bit = readTextFile(`${folder}/format/retprobe`).trim().split(":")[1] ?? "0";
    return { type, returnFlag: 1n << BigInt(bit) };
  } catch (error) {
    if (error instanceof SyscallError && error.errno === ERRNO.ENOENT) return undefined;
    throw error;
  }
}
