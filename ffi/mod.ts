/**
 * The floor: the only folder that knows which runtime runs.
 *
 * @module
 */
export type { Arch, LzmaDecode, Native, Word } from "./native.ts";
export { native, useNative } from "./current.ts";
export { scriptArguments } from "./arguments.ts";
export { epollEventLayout, type SystemCall, systemCalls } from "./arch.ts";
export { addressOf, allocate, keepAlive } from "./memory.ts";
