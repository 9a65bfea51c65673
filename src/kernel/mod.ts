/**
 * Facts of the running kernel.
 *
 * @module
 */
export { btfOfId, kernelBtf } from "./btf.ts";
export { type Capability, missingCapabilities, permissionHint } from "./capabilities.ts";
export { bootTime, dateOfBootTime, monotonicTime } from "./clock.ts";
export { possibleCpus } from "./cpu.ts";
export { deviceIndex } from "./device.ts";
export { kernelSymbols } from "./kallsyms.ts";
export { type KernelConfig, kernelConfig, parseConfig } from "./kconfig.ts";
export { findOwn, type ModuleBtf, moduleBtfs } from "./modules.ts";
export { closest } from "./names.ts";
export { type ObjectAccess, type ObjectSource, openObject } from "./objects.ts";
export { movePin, pinObject, removePin } from "./pins.ts";
export { tracepointId } from "./tracefs.ts";
export { kernelRelease, kernelVersionCode } from "./version.ts";
