/**
 * Numbered records on chosen CPUs.
 *
 * @module
 */
import { bytes, type Codec, struct, u32, u64 } from "../../src/codec/mod.ts";
import { type MapKind, perCpuArray, type PerCpuArrayMap } from "../../src/map/mod.ts";
import { type BpfObject, load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";

/** What programs send at least, `struct numbered`. */
export interface Sample {
  readonly number: bigint;
  readonly cpu: number;
  readonly size: number;
}

/** `struct numbered` of events.bpf.c. */
export const sample: Codec<Sample> = struct({ number: u64, cpu: u32, size: u32 }, { name: "numbered" });

/** What programs count on each CPU, `struct state`. */
export interface State {
  readonly next: bigint;
  readonly dropped: bigint;
}

const State: Codec<State> = struct({ next: u64, dropped: u64, record: sample, pattern: bytes(512) });

/** The map `states`. */
export const states: MapKind<PerCpuArrayMap<State>> = perCpuArray(State);

/** How many records were made, and how many of them found no room. */
export interface Counts {
  readonly made: number;
  readonly dropped: number;
}

/** The counts of each CPU. */
function countsOf(map: PerCpuArrayMap<State>): Counts[] {
  return map.get(0).map(({ next, dropped }) => ({ made: Number(next), dropped: Number(dropped) }));
}

/** The counts of all CPUs together. */
export function total(map: PerCpuArrayMap<State>): Counts {
  return countsOf(map).reduce((sum, { made, dropped }) => ({
    made: sum.made + made,
    dropped: sum.dropped + dropped,
  }));
}

/** The object, and what its programs count. */
export class Samples implements AsyncDisposable {
  readonly object: BpfObject;

  private constructor(object: BpfObject) {
    this.object = object;
  }

  static async open(): Promise<Samples> {
    return new Samples(await load(fixture("events")));
  }

  /** Sends one on each of these CPUs, in order. */
  send(...cpus: number[]): void {
    const program = this.object.programs.get("to_perf_here");
    for (const cpu of cpus) program.run({ cpu });
  }

  /** How large the next ones are. */
  set size(size: number) {
    this.object.variables.get("size", u32).set(size);
  }

  /** How many were made on each CPU, and how many of them found no room. */
  counts(): Counts[] {
    return countsOf(this.object.maps.get("states", states));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.object[Symbol.asyncDispose]();
  }
}
