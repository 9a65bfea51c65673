/**
 * Why the kernel does not attach a program to a cgroup.
 *
 * @module
 */
import type { SyscallError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import { ERRNO, syscallError } from "../sys/mod.ts";
import { namedProgram } from "./_occupants.ts";
import type { CgroupHook, CgroupOptions } from "./cgroup.ts";
import { knownPrograms, stateOf } from "./query.ts";

/** `BPF_F_ALLOW_MULTI` of `include/uapi/linux/bpf.h`. */
const MULTI = 2;

/**
 * `EPERM` is also what the kernel says where programs without `multi`, of this cgroup or above it, stand in the way
 * (`hierarchy_allows_attach`): says so, where that is.
 */
export function explainConflict(
  cause: SyscallError,
  what: string,
  cgroup: string,
  attachType: CgroupHook,
): void {
  for (let path = cgroup; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
    const { programs } = knownPrograms({ cgroup: path, attachType });
    const alone = programs.find(({ flags }) => (flags & MULTI) === 0);
    const [first] = path === cgroup ? programs : [];
    const inTheWay = alone ?? first;
    if (inTheWay === undefined) continue;
    const way = alone ? "alone" : 'in mode "link" or "multi"';
    throw syscallError(
      cause.errno,
      cause.syscall,
      `create ${what}`,
      `${
        namedProgram(inTheWay.id)
      } is attached ${way} to cgroup "${path}" as ${attachType}: detach it first` +
        (alone ? "" : ", or use its mode"),
    );
  }
}

/** What `__cgroup_bpf_attach` says no for. */
export function cgroupHints(
  { errno }: SyscallError,
  program: Program,
  cgroup: string,
  attachType: CgroupHook,
  { mode = "link", anchor }: CgroupOptions,
): Readonly<Record<number, string>> {
  const all = errno === ERRNO.EPERM ? [] : knownPrograms({ cgroup, attachType }).programs;
  const state = stateOf(all);
  const old = mode === "link" ? ', or the kernel is older than Linux 5.7: use mode "multi"' : "";
  const invalid = anchor !== undefined
    ? `an anchor needs Linux 6.17, and to be attached as ${attachType} in the same mode: ${state}`
    : all.some(({ id }) => id === program.info.id)
    ? `the program is attached there already: ${state}`
    : `the program was loaded for another attach type than ${attachType}${old}`;
  return {
    [ERRNO.EBADF]: `"${cgroup}" is not the directory of a cgroup of version 2`,
    [ERRNO.ENOENT]: `the anchor is not attached there as ${attachType}: ${state}`,
    [ERRNO.E2BIG]: `64 programs are attached there, which is the most that fit: ${state}`,
    [ERRNO.EINVAL]: invalid,
  };
}
