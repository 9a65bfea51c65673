/**
 * Kernel functions that decide what the kernel answers.
 *
 * @module
 */
import { attachTracing } from "../link/core.ts";
import { ERRNO } from "../sys/mod.ts";
import { functionTypes } from "./_function_types.ts";
import { given, type Rest } from "./_overload.ts";
import type { KernelCallContext, KernelExitContext } from "./context.ts";
import { type Probe, probe } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/** What the kernel answers: it goes on, or fails with an error of this name. */
export type Answer = "allow" | Exclude<keyof typeof ERRNO, "ENOTSUPP">;

/** By name what the kernel's own functions return: 0, or an error below it. */
const ANSWERS: Readonly<Record<string, bigint>> = {
  allow: 0n,
  ...Object.fromEntries(
    Object.entries(ERRNO).filter(([name]) => name !== "ENOTSUPP").map(([name, errno]) =>
      [name, BigInt(-errno)] as const
    ),
  ),
};

/**
 * Runs a function in the kernel at a hook of security modules, where it decides whether what a process asks for is done. One
 * that says nothing allows it; other modules are asked all the same. `c.args` has the arguments of the hook by name. Since
 * Linux 5.7, started with `bpf` among its security modules (`lsm=`).
 *
 * @param hook As `include/linux/lsm_hook_defs.h` lists them: `file_open`.
 *
 * @example Nobody but root opens a file
 * ```ts ignore
 * import { lsm } from "@waggle/ebpf/trace";
 *
 * using _probe = lsm("file_open", { name: "secrets.txt" }, (c, { name }) => {
 *   if (c.uid !== 0 && c.str(c.args.file.f_path.dentry.d_name.name, 64) === name) return "EPERM";
 * });
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such hook; the message lists the closest names.
 * @throws {NotSupportedError} The kernel has no such programs, or the machine refuses trampolines.
 */
export function lsm(hook: string, body: (c: KernelCallContext) => Answer | undefined | void): Probe;
/** With things that the script and the function share. */
export function lsm<const S extends SharedThings>(
  hook: string,
  shared: S,
  body: (c: KernelCallContext, shared: KernelSide<S>) => Answer | undefined | void,
): Probe;
export function lsm(hook: string, ...rest: Rest<undefined>): Probe {
  const { options: _, ...handed } = given(rest);
  const { parameters } = functionTypes(`bpf_lsm_${hook}`);
  return probe<never>({
    ...handed,
    context: { kind: "typed", parameters },
    program: { name: hook, type: "lsm", attachTo: hook },
    section: `lsm/${hook}`,
    results: ANSWERS,
  }, (program) => attachTracing(program));
}

/**
 * Runs a function in the kernel in the place of one of the kernel's own that may be overruled: one that answers an error has
 * the kernel's function not called, and its caller gets the error. The kernel lets so be treated system calls, hooks of
 * security modules, and what it marks with `ALLOW_ERROR_INJECTION`. Since Linux 5.7.
 *
 * @param name A function of the kernel: `security_file_open`, `__x64_sys_getpgid`.
 *
 * @example A system call that fails, to see what programs make of it
 * ```ts ignore
 * import { fmodReturn } from "@waggle/ebpf/trace";
 *
 * using _probe = fmodReturn("__x64_sys_fsync", { name: "sqlite3" }, (c, { name }) => {
 *   return c.comm === name ? "EIO" : "allow";
 * });
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {VerifierError} It may not be overruled.
 * @throws {NotSupportedError} The machine refuses trampolines.
 */
export function fmodReturn(name: string, body: (c: KernelExitContext) => Answer | undefined | void): Probe;
/** With things that the script and the function share. */
export function fmodReturn<const S extends SharedThings>(
  name: string,
  shared: S,
  body: (c: KernelExitContext, shared: KernelSide<S>) => Answer | undefined | void,
): Probe;
export function fmodReturn(name: string, ...rest: Rest<undefined>): Probe {
  const { options: _, ...handed } = given(rest);
  const { parameters, result } = functionTypes(name);
  return probe<never>({
    ...handed,
    context: { kind: "typed", parameters, ...result !== undefined && { result } },
    program: { name, type: "tracing", expectedAttachType: "modify_return", attachTo: name },
    section: `fmod_ret/${name}`,
    results: ANSWERS,
  }, (program) => attachTracing(program));
}
