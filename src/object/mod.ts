/**
 * Objects: compiled files with their maps and programs.
 *
 * @module
 */
export { load, loadObject } from "./load.ts";
export { BpfObject, ObjectMaps, type ObjectParts, ObjectPrograms, ObjectVariables } from "./object.ts";
export type { LoadOptions } from "./options.ts";
export { ProgramLoader, type ResolvedProgram } from "./programs.ts";
export { otherKernel, RUNNING_KERNEL, type Target } from "./target.ts";
export { Variable } from "./variables.ts";
