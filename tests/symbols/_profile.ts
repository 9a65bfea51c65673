/**
 * Stacks of the machine, 99 times a second.
 *
 * @module
 */
import { i32, struct, u32, u64 } from "../../src/codec/mod.ts";
import { attachPerfEvent } from "../../src/link/mod.ts";
import { hash, stackTrace } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";

const SAMPLE = struct({ pid: u32, kernel: i32, user: i32 });

/** Stacks of a process, and how often they were met. */
export interface Sample {
  readonly pid: number;
  readonly kernel: readonly bigint[];
  readonly user: readonly bigint[];
  readonly count: number;
}

/** Profiles the machine until there are so many samples of each process, or the time is over. */
export async function profile(pids: readonly number[], least: number, patience = 20_000): Promise<Sample[]> {
  await using object = await load(fixture("profile"));
  const samples = object.maps.get("samples", hash(SAMPLE, u64));
  const stacks = object.maps.get("stacks", stackTrace());
  using _ = attachPerfEvent(object.programs.get("on_tick"), {
    type: "software",
    event: "cpu-clock",
    frequency: 99,
  });
  const deadline = performance.now() + patience;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const all = [...samples].filter(([{ pid }]) => pids.includes(pid));
    const of = (wanted: number) =>
      all.filter(([{ pid }]) => pid === wanted).reduce((sum, [, count]) => sum + Number(count), 0);
    if (pids.some((pid) => of(pid) < least) && performance.now() < deadline) continue;
    const stack = (id: number) => id < 0 ? [] : stacks.get(id) ?? [];
    return all.map(([{ pid, kernel, user }, count]) => ({
      pid,
      kernel: stack(kernel),
      user: stack(user),
      count: Number(count),
    }));
  }
}
