/**
 * Numbered records on chosen CPUs.
 *
 * @module
 */
import { bytes, type Codec, struct, u32, u64 } from "../../src/codec/mod.ts";
import { perCpuArray } from "../../src/map/mod.ts";
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

const State = struct({ next: u64, dropped: u64, record: sample, pattern: bytes(512) });

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
  counts(): { made: number; dropped: number }[] {
    const states = this.object.maps.get("states", perCpuArray(State)).get(0);
    return states.map(({ next, dropped }) => ({ made: Number(next), dropped: Number(dropped) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.object[Symbol.asyncDispose]();
  }
}
