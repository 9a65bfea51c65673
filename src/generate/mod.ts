/**
 * TypeScript from what BPF and the kernel know of their types.
 *
 * @module
 */
export {
  kernelDeclarations,
  type KernelDeclarationsOptions,
  type WantedFunction,
} from "./kernel_declarations.ts";
export { objectModule, type ObjectModuleOptions } from "./object_module.ts";
