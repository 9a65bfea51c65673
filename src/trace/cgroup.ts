/**
 * Kernel functions for the processes of a cgroup.
 *
 * @module
 */
import { NotFoundError } from "../errors.ts";
import { closest } from "../kernel/mod.ts";
import { attachCgroup, type CgroupOptions } from "../link/core.ts";
import { HOOKS } from "./_cgroup_hooks.ts";
import { given, type Rest } from "./_overload.ts";
import type { CgroupContexts } from "./cgroup_context.ts";
import { type Probe, probe } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/** Where in a cgroup a kernel function runs, by the names that libbpf has for sections. */
export type CgroupFunctionHook = keyof CgroupContexts;

/** What becomes of what a process asks for: where it is denied, the process gets `EPERM`, and a packet is lost. */
export type CgroupVerdict = "allow" | "deny";

/** Options of {@linkcode cgroup}. */
export type CgroupFunctionOptions = Omit<CgroupOptions, "attachType">;

/**
 * Runs a function in the kernel for each time that a process of a cgroup, or of one below it, does something with sockets,
 * devices or `/proc/sys`. It returns whether that is allowed; what it says nothing of is allowed. Some members of its context
 * may be changed: `c.port = 8080`.
 *
 * @param hook What the processes do: `connect4`, `sendmsg4`, `ingress`, `sysctl`: see {@linkcode CgroupContexts}.
 * @param path The directory of the cgroup (version 2): `/sys/fs/cgroup/system.slice`.
 *
 * @example A service that reaches nothing but its own machine
 * ```ts ignore
 * import { cgroup } from "@waggle/ebpf/trace";
 *
 * using _probe = cgroup("connect4", "/sys/fs/cgroup/system.slice/nginx.service", (c) => {
 *   return c.address === "127.0.0.1" ? "allow" : "deny";
 * });
 * ```
 *
 * @example Connections that go elsewhere
 * ```ts ignore
 * import { cgroup } from "@waggle/ebpf/trace";
 *
 * using _probe = cgroup("connect4", "/sys/fs/cgroup/test", (c) => {
 *   if (c.port !== 443) return;
 *   c.address = "127.0.0.1";
 *   c.port = 8443;
 * });
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such cgroup.
 * @throws {VerifierError} The verifier refuses what was made of the function, as of members that the kernel is too old for.
 * @throws {PermissionError} The process lacks a capability.
 */
export function cgroup<H extends CgroupFunctionHook>(
  hook: H,
  path: string,
  body: (c: CgroupContexts[H]) => CgroupVerdict | undefined | void,
  options?: CgroupFunctionOptions,
): Probe;
/** With things that the script and the function share. */
export function cgroup<H extends CgroupFunctionHook, const S extends SharedThings>(
  hook: H,
  path: string,
  shared: S,
  body: (c: CgroupContexts[H], shared: KernelSide<S>) => CgroupVerdict | undefined | void,
  options?: CgroupFunctionOptions,
): Probe;
export function cgroup(
  hook: CgroupFunctionHook,
  path: string,
  ...rest: Rest<CgroupFunctionOptions>
): Probe {
  const { options, ...handed } = given(rest);
  const found = Object.hasOwn(HOOKS, hook) ? HOOKS[hook] : undefined;
  if (!found) {
    throw new NotFoundError(
      `Cannot attach to "${hook}" of a cgroup: there is no such hook${closest(hook, Object.keys(HOOKS))}`,
    );
  }
  const { type, attachType, members, ofTask, packet, canDeny } = found;
  return probe<never>({
    ...handed,
    context: { kind: "struct", members, ofTask, ...packet && { packet } },
    program: { name: hook, type, expectedAttachType: attachType },
    section: `${packet ? "cgroup_skb" : "cgroup"}/${hook}`,
    results: { allow: 1n, ...canDeny && { deny: 0n } },
    result: 1n,
  }, (program) => attachCgroup(program, path, { ...options, attachType }));
}
