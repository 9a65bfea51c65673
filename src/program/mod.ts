/**
 * Programs: loading, description and test runs.
 *
 * @module
 */
export { type KernelTarget, kernelTarget, programTarget } from "./attach_target.ts";
export { ATTACH_TYPES, programTypeSince } from "./attach_types.ts";
export type { MachineFunction } from "./code.ts";
export { type LogLevel, logLevel, type ProgramFlag, programFlags } from "./flags.ts";
export { lockedDown } from "./cures.ts";
export { listPrograms, type ProgramInfo, programTypeOf } from "./info.ts";
export { loadProgram, type LoadProgramOptions, withMaps } from "./load.ts";
export { neededCapabilities } from "./needed.ts";
export { attemptLoad, loadInstructions, type NewProgram } from "./new_program.ts";
export { openProgram, type ProgramSource } from "./open.ts";
export { Program, type ProgramOrigin } from "./program.ts";
export type { BenchmarkOptions, BenchmarkResult, RunOptions, RunResult } from "./run.ts";
export { enableStats } from "./stats.ts";
export type { ProgramStream } from "./stream.ts";
export { type ProgramTypes, programTypes } from "./types.ts";
export {
  type AttachType,
  attachTypeName,
  attachTypeNumber,
  type ProgramType,
  programTypeName,
  programTypeNumber,
} from "./type.ts";
export { explainLog, type Refusal } from "./verifier_log.ts";
