/**
 * `RLIMIT_MEMLOCK`, which limits the memory of maps and programs before Linux 5.11. Memory cgroups do since.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { cString, ERRNO, memlockLimit, progLoad, raiseMemlock } from "../sys/mod.ts";
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import { kernelVersionCode, versionCode } from "./version.ts";

/**
 * Raises the limit where a command of bpf(2) was refused with this error number and that may be why. Returns whether to try
 * again.
 */
export function raisedMemlock(errno: number): boolean {
  return errno === ERRNO.EPERM && countsMemlock() && raiseMemlock();
}

/** The end of a message about `EPERM`: that the limit may be why, and the cure; empty where it is not. */
export function memlockHint(): string {
  const limit = countsMemlock() ? memlockLimit() : undefined;
  if (limit === undefined) return "";
  return `, or RLIMIT_MEMLOCK (${
    limit >> 10n
  } KiB) is too low, and the process may not raise it: raise it by ulimit -l unlimited`;
}

/**
 * Whether the kernel counts the memory of bpf(2) against the limit. Distributions gave kernels before 5.11 the code that does
 * not, with a helper that came by its side: libbpf tells them by that, too (`probe_memcg_account`).
 */
function countsMemlock(): boolean {
  return isOld() && !loads(COARSE_TIME);
}

function isOld(): boolean {
  try {
    const version = kernelVersionCode();
    return version > 0 && version < versionCode("5.11");
  } catch (error) {
    if (error instanceof SyscallError) return false; // there is no /proc
    throw error;
  }
}

/** Calls bpf_ktime_get_coarse_ns(), of number 160, and returns. */
const COARSE_TIME: readonly number[] = [0x85, 0, 0, 0, 160, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];

function loads(instructions: readonly number[]): boolean {
  const { program } = progLoad("a program that tries a helper", {
    prog_type: BPF_PROG_TYPE.SOCKET_FILTER,
    insns: Uint8Array.from(instructions),
    insn_cnt: instructions.length / 8,
    license: cString("GPL"),
  });
  program?.close();
  return program !== undefined;
}
