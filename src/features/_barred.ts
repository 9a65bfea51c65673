/**
 * Whether this process may load any program at all.
 *
 * @module
 */
import { missingCapabilities } from "../kernel/mod.ts";
import { neededCapabilities, programTypeNumber } from "../program/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { attemptProgram, RETURN } from "./_program.ts";

/** Types that ask for different capabilities, and for nothing that machines refuse by themselves. */
const PLAIN = ["socket_filter", "kprobe", "xdp"] as const;

/** Whether programs that every kernel takes from such a process are refused with `EPERM`. */
export function barred(): boolean {
  return PLAIN
    .filter((type) => missingCapabilities(...neededCapabilities(programTypeNumber(type))).length === 0)
    .some((type) => attemptProgram({ type, instructions: RETURN }).errno === ERRNO.EPERM);
}
