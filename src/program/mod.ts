/**
 * Programs: loading, description and test runs.
 *
 * @module
 */
export { programTypeName } from "./explain.ts";
export {
  loadInstructions,
  loadProgram,
  type LoadProgramOptions,
  type NewProgram,
  type ProgramType,
  withMaps,
} from "./load.ts";
export { Program, type ProgramInfo, type RunOptions, type RunResult } from "./program.ts";
export { explainLog, type Refusal } from "./verifier_log.ts";
