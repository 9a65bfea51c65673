/**
 * CO-RE: fits programs to the kernel that they are going to run on, by the types of both.
 *
 * @module
 */
export { relocate } from "./relocate.ts";
export type { PoisonedInstruction, RelocatedProgram } from "./relocate.ts";
export { typesAreCompatible } from "./compatible.ts";
