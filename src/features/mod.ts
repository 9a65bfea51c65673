/**
 * What the running kernel can: types of programs, maps, links, helpers, instructions and more, found out by trying.
 *
 * Versions say little: distributions add features to old kernels and build new ones without. Each probe asks the kernel
 * for the thing itself, once a process, and gives one of four answers: `present`, `absent`, `refused` where the kernel
 * has it but the machine lets nobody use it, and `unknown` where it could not be found out, such as for want of
 * capabilities.
 *
 * @example Choose what the kernel has
 * ```ts ignore
 * import { probeHelper, probeMapType, requireFeature } from "@waggle/ebpf/features";
 *
 * requireFeature(probeHelper("bpf_get_current_task", "kprobe")); // or throws, and says which Linux has it
 * const ring = probeMapType("ringbuf").state === "present";
 * ```
 *
 * @module
 */

// Answers
export {
  type Absent,
  type Feature,
  type FeatureAnswer,
  type Present,
  type Refused,
  requireFeature,
  type Unknown,
} from "./answer.ts";

// Programs
export { type ProbedProgramType, probeProgramType, PROGRAM_TYPES } from "./program_type.ts";
export { HELPER_NAMES, type ProbedHelper, probeHelper, type ProbeHelperOptions } from "./helper.ts";
export { kfuncNames, probeKfunc } from "./kfunc.ts";
export { INSTRUCTION_FEATURES, type InstructionFeature, probeInstructions } from "./instruction_set.ts";

// What they attach to
export { ATTACH_TYPE_NAMES, probeAttachType } from "./attach_type.ts";
export { LINK_TYPES, type ProbedLinkType, probeLinkType } from "./link_type.ts";

// Maps and types
export { MAP_TYPES, type ProbedMapType, probeMapType } from "./map_type.ts";
export { MAP_FLAGS, type ProbedMapFlag, probeMapFlag } from "./map_flag.ts";
export { BTF_FEATURES, type BtfFeature, probeBtf } from "./btf.ts";

// All
export { allFeatures, type FeatureRow, type FeatureSection, SECTIONS } from "./all.ts";

// Names
export type { HelperName } from "../asm/mod.ts";
export type { Capability } from "../kernel/mod.ts";
export type { MapFlag, MapType } from "../map/mod.ts";
export type { AttachType, ProgramType } from "../program/mod.ts";
