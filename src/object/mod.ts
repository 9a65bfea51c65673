/**
 * Objects: compiled files with their maps and programs.
 *
 * @module
 */
export { attachAll, type AttachAllOptions, Attachments } from "./attach_all.ts";
export type { AttachTo } from "./attach_target.ts";
export type { AttachOptions } from "./attach_way.ts";
export { load, loadObject } from "./load.ts";
export { BpfObject, ObjectMaps, type ObjectParts, ObjectPrograms, ObjectVariables } from "./object.ts";
export type { StructOpsOptions } from "./object.ts";
export type { LoadOptions } from "./options.ts";
export { ObjectProgram } from "./program.ts";
export { ProgramLoader, type ResolvedProgram } from "./programs.ts";
export { otherKernel, RUNNING_KERNEL, type Target } from "./target.ts";
export {
  type EmbeddedObject,
  loadTyped,
  type ObjectKinds,
  type TypedLoadOptions,
  type TypedObject,
} from "./typed.ts";
export { Variable } from "./variables.ts";
