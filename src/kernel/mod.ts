/**
 * Facts of the running kernel.
 *
 * @module
 */
export { btfOfId, describeBtf, kernelBtf } from "./btf.ts";
export {
  type Capability,
  lockdownMode,
  missingCapabilities,
  permissionHint,
  permissionHintWith,
} from "./capabilities.ts";
export { bootTime, dateOfBootTime, monotonicTime } from "./clock.ts";
export { onlineCpus, possibleCpus } from "./cpu.ts";
export { deviceIndex, deviceName } from "./device.ts";
export { kernelFunctions } from "./functions.ts";
export { type Holder, objectHolders, objectPins } from "./holders.ts";
export { kernelSymbols, symbolNamesFrom } from "./kallsyms.ts";
export { type KernelConfig, kernelConfig, parseConfig } from "./kconfig.ts";
export { loadTypes } from "./load_types.ts";
export { memlockHint, raisedMemlock } from "./memlock.ts";
export { findOwn, type ModuleBtf, moduleBtfs } from "./modules.ts";
export { closest } from "../names.ts";
export { listObjects, type ObjectAccess, type ObjectSource, openObject } from "./objects.ts";
export { pinObject, removePin } from "./pins.ts";
export { openToken } from "./token.ts";
export { readTracefs, tracefsFile, tracefsHint, tracepointId } from "./tracefs.ts";
export { kernelRelease, kernelVersionCode, versionCode } from "./version.ts";
