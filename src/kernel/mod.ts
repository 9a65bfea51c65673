/**
 * Facts of the running kernel.
 *
 * @module
 */
export { kernelBtf } from "./btf.ts";
export { type Capability, missingCapabilities, permissionHint } from "./capabilities.ts";
export { dateOfBootTime } from "./clock.ts";
export { possibleCpus } from "./cpu.ts";
export { deviceIndex } from "./device.ts";
export { kernelSymbols } from "./kallsyms.ts";
export { type KernelConfig, kernelConfig, parseConfig } from "./kconfig.ts";
export { findOwn, type ModuleBtf, moduleBtfs } from "./modules.ts";
export { closest } from "./names.ts";
export { tracepointId } from "./tracefs.ts";
export { kernelRelease, kernelVersionCode } from "./version.ts";
