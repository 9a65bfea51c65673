/**
 * Every feature that is known by name.
 *
 * @module
 */
import type { FeatureAnswer } from "./answer.ts";
import { ATTACH_TYPE_NAMES, probeAttachType } from "./attach_type.ts";
import { BTF_FEATURES, probeBtf } from "./btf.ts";
import { HELPER_NAMES, probeHelper } from "./helper.ts";
import { INSTRUCTION_FEATURES, probeInstructions } from "./instruction_set.ts";
import { LINK_TYPES, probeLinkType } from "./link_type.ts";
import { MAP_FLAGS, probeMapFlag } from "./map_flag.ts";
import { MAP_TYPES, probeMapType } from "./map_type.ts";
import { type ProbedProgramType, probeProgramType, PROGRAM_TYPES } from "./program_type.ts";

/** What {@linkcode allFeatures} goes through, in its order. */
export const SECTIONS = [
  "program_types",
  "attach_types",
  "link_types",
  "map_types",
  "map_flags",
  "instructions",
  "btf",
  "helpers",
] as const;

/** A part of all features. */
export type FeatureSection = (typeof SECTIONS)[number];

/** One of all features. */
export interface FeatureRow {
  /** What it is a part of. */
  readonly section: FeatureSection;
  /** As the probe takes it: `ringbuf`, `bpf_get_current_task`. */
  readonly name: string;
  /** For helpers, the programs that call them. */
  readonly programType?: ProbedProgramType;
  /** What its probe found out. */
  readonly answer: FeatureAnswer;
}

/** Helpers that the kernel writes to its log about when it is asked for them: `bpf_get_probe_write_proto` and others. */
const LOUD: ReadonlySet<string> = new Set([
  "bpf_probe_write_user",
  "bpf_trace_printk",
  "bpf_trace_vprintk",
]);

const PROBES: Readonly<Record<FeatureSection, () => Iterable<FeatureRow>>> = {
  program_types: () => rows("program_types", PROGRAM_TYPES, probeProgramType),
  attach_types: () => rows("attach_types", ATTACH_TYPE_NAMES, probeAttachType),
  link_types: () => rows("link_types", LINK_TYPES, probeLinkType),
  map_types: () => rows("map_types", MAP_TYPES, probeMapType),
  map_flags: () => rows("map_flags", MAP_FLAGS, probeMapFlag),
  instructions: () => rows("instructions", INSTRUCTION_FEATURES, probeInstructions),
  btf: () => rows("btf", BTF_FEATURES, probeBtf),
  helpers: helperRows,
};

/**
 * Probes one feature after the other: all, or those of some sections.
 *
 * Left out are the helpers that the kernel writes to its log about, `bpf_trace_printk`, `bpf_trace_vprintk` and
 * `bpf_probe_write_user`: {@linkcode probeHelper} asks for them. Functions of the kernel: {@linkcode kfuncNames}.
 *
 * @example
 * ```ts ignore
 * import { allFeatures } from "@waggle/ebpf/features";
 *
 * for (const { name, answer } of allFeatures("map_types")) console.log(name, answer.state);
 * ```
 *
 * @throws {TypeError} There is no such section.
 */
export function* allFeatures(...sections: readonly FeatureSection[]): Generator<FeatureRow> {
  for (const section of sections) {
    if (Object.hasOwn(PROBES, section)) continue;
    throw new TypeError(`Cannot probe section ${JSON.stringify(section)}: there are ${SECTIONS.join(", ")}`);
  }
  for (const section of SECTIONS) {
    if (sections.length === 0 || sections.includes(section)) yield* PROBES[section]();
  }
}

function* rows<N extends string>(
  section: FeatureSection,
  names: readonly N[],
  probe: (name: N) => FeatureAnswer,
): Generator<FeatureRow> {
  for (const name of names) yield { section, name, answer: probe(name) };
}

function* helperRows(): Generator<FeatureRow> {
  for (const programType of PROGRAM_TYPES) {
    for (const name of HELPER_NAMES) {
      if (LOUD.has(name)) continue;
      yield { section: "helpers", name, programType, answer: probeHelper(name, programType) };
    }
  }
}
