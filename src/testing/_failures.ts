/** Operations that fail because a test wants them to. */
import { closest } from "../names.ts";
import { ERRNO } from "../sys/mod.ts";
import type { FailOptions, FailureName } from "./types.ts";

/** Helpers that return an address, which is null where they fail. */
const RETURN_ADDRESS: ReadonlySet<string> = new Set([
  "bpf_map_lookup_elem",
  "bpf_map_lookup_percpu_elem",
  "bpf_ringbuf_reserve",
  "bpf_per_cpu_ptr",
  "bpf_sk_storage_get",
  "bpf_task_storage_get",
  "bpf_inode_storage_get",
  "bpf_cgrp_storage_get",
]);

/** One that is to come. */
interface Planned {
  readonly operation: string;
  readonly map: string | undefined;
  readonly errno: number;
  /** How many times it still goes well. */
  before: number;
  /** How many times it then fails. */
  left: number;
}

/** What is to fail, and when. */
export class Failures {
  readonly #planned: Planned[] = [];

  /** Plans a failure. */
  plan(operation: string, error: FailureName, { map, nth = 1, times = 1 }: FailOptions): void {
    const errno = ERRNO[error];
    if (errno === undefined) {
      throw new RangeError(
        `Cannot let ${operation} fail with "${error}": there is no such error${
          closest(error, Object.keys(ERRNO))
        }`,
      );
    }
    if (!(nth >= 1 && times >= 1)) {
      throw new RangeError(
        `Cannot let ${operation} fail from call ${nth} on for ${times} times: count from 1`,
      );
    }
    this.#planned.push({ operation, map, errno, before: nth - 1, left: times });
  }

  /** Whether an operation fails now: `-errno`, or 0 where it goes on. */
  check(operation: string, map?: string): number {
    for (const planned of this.#planned) {
      if (planned.operation !== operation || planned.left === 0) continue;
      if (planned.map !== undefined && planned.map !== map) continue;
      if (planned.before-- > 0) continue;
      planned.left--;
      return -planned.errno;
    }
    return 0;
  }

  /** The same of a helper: what it returns, or `undefined` where it goes on. */
  ofHelper(name: string, map: string | undefined): number | undefined {
    const result = this.check(name, map);
    return result === 0 ? undefined : RETURN_ADDRESS.has(name) ? 0 : result;
  }
}
