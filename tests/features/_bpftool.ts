/** What bpftool finds out about the running kernel. */
import type { ProbedProgramType } from "../../src/features/mod.ts";
import { bpftool } from "../_bpf.ts";
import { run } from "../_run.ts";

/** What `bpftool feature probe kernel` and `… full` print, as far as it is compared. */
export interface Probed {
  readonly program_types: Readonly<Record<string, boolean>>;
  readonly map_types: Readonly<Record<string, boolean>>;
  readonly helpers: Readonly<Record<string, readonly string[]>>;
  readonly misc: Readonly<Record<string, boolean>>;
}

let kernel: Probed | undefined;
let full: Probed | undefined;

/** Without the helpers that the kernel writes to its log about. */
export function probedKernel(): Probed {
  return kernel ??= bpftool("feature", "probe", "kernel") as Probed;
}

/** With all helpers. */
export function probedFull(): Probed {
  return full ??= bpftool("feature", "probe", "full") as Probed;
}

/** The helpers that bpftool knows, whatever the kernel does. */
export function knownHelpers(): string[] {
  return run("bpftool", ["feature", "list_builtins", "helpers"]).trim().split("\n");
}

/**
 * Whether bpftool takes every helper for present. It looks for words in the verifier's log, which are others since Linux
 * 6.10 (b0624101 of libbpf, "bpf: improve error message for unsupported helper"): older ones find all helpers everywhere.
 * Remote controls are for programs of type `lirc_mode2` alone (`lirc_mode2_func_proto`).
 */
export function bpftoolIsDeaf(): boolean {
  return helpersOf("socket_filter").has("bpf_rc_keydown");
}

/** The helpers that bpftool finds for programs of a type. */
export function helpersOf(type: ProbedProgramType): ReadonlySet<string> {
  return new Set(probedFull().helpers[`${type}_available_helpers`] ?? []);
}

/** Types whose helpers bpftool does not ask for (`libbpf_probe_bpf_helper`). */
export const NOT_ASKED: ReadonlySet<ProbedProgramType> = new Set(["tracing", "ext", "lsm", "struct_ops"]);
