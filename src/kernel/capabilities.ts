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
  const missing = missingCapabilities(...needed);
  if (missing.length === 0) {
    return `it has ${needed.join(", ")}: a security module, lockdown or seccomp may refuse it`;
  }
  return `the process lacks ${missing.join(", ")}: run it as root`;
}
