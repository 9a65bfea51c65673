/**
 * What this process may do.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { readTextFile } from "../sys/mod.ts";

/** Capabilities that BPF asks for, by their bit: `include/uapi/linux/capability.h`. */
const BITS: Readonly<Record<Capability, number>> = {
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
};

/** The name of a capability. */
export type Capability = "CAP_NET_ADMIN" | "CAP_SYS_ADMIN" | "CAP_PERFMON" | "CAP_BPF";

/**
 * Those of the capabilities that this process lacks; all of them where there is no /proc to tell. `CAP_SYS_ADMIN` stands
 * for the others, as in the kernel (`bpf_token_capable`).
 */
export function missingCapabilities(...needed: readonly Capability[]): Capability[] {
  const effective = effectiveCapabilities();
  const has = (name: Capability) => (effective >> BigInt(BITS[name]) & 1n) === 1n;
  return has("CAP_SYS_ADMIN") ? [] : needed.filter((name) => !has(name));
}

function effectiveCapabilities(): bigint {
  try {
    const [, digits = "0"] = /^CapEff:\s*([0-9a-f]+)/m.exec(readTextFile("/proc/self/status")) ?? [];
    return BigInt(`0x${digits}`);
  } catch (error) {
    if (error instanceof SyscallError) return 0n;
    throw error;
  }
}

/** A cure for `EPERM`, as the end of a message: what is missing, or that nothing obvious is. */
export function permissionHint(...needed: readonly Capability[]): string {
  return permissionHintWith(undefined, ...needed);
}

/** A sysctl by which the kernel asks for capabilities that it would not ask for at 0, or below. */
export type PermissionSysctl = "kernel.unprivileged_bpf_disabled" | "kernel.perf_event_paranoid";

/** {@linkcode permissionHint}, of what the kernel asks a capability for because of a sysctl. */
export function permissionHintWith(
  sysctl: PermissionSysctl | undefined,
  ...needed: readonly Capability[]
): string {
  const missing = missingCapabilities(...needed);
  if (missing.length > 0) {
    const value = sysctl && sysctlValue(sysctl);
    const state = value === undefined || value <= 0 ? "" : `, and the sysctl ${sysctl} is ${value}`;
    return `the process lacks ${missing.join(", ")}${state}: run it as root`;
  }
  // The other mode refuses nothing of this: enum lockdown_reason of include/linux/security.h
  return lockdownMode() === "confidentiality"
    ? `it has ${
      needed.join(", ")
    }, but the kernel is locked down (confidentiality): start it without Secure Boot or ` +
      "the option lockdown"
    : `it has ${needed.join(", ")}: a security module, lockdown or seccomp may refuse it`;
}

function sysctlValue(name: PermissionSysctl): number | undefined {
  const text = readIfThere(`/proc/sys/${name.replaceAll(".", "/")}`);
  return text === undefined ? undefined : Number(text);
}

/** What keeps even root out of the running kernel: kernel_lockdown(7); `undefined` where nothing does. */
export function lockdownMode(): "integrity" | "confidentiality" | undefined {
  const mode = /\[(\w+)\]/.exec(readIfThere("/sys/kernel/security/lockdown") ?? "")?.[1];
  return mode === "integrity" || mode === "confidentiality" ? mode : undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return readTextFile(path);
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
