/**
 * Kernel functions at functions of the kernel, by trampolines: the cheapest way, with arguments that the verifier knows.
 *
 * @module
 */
import type { ContextSpec } from "../lang/mod.ts";
import { attachTracing } from "../link/core.ts";
import { type FunctionTypes, functionTypes } from "./_function_types.ts";
import { given, type Rest } from "./_overload.ts";
import type { KernelCallContext, KernelExitContext } from "./context.ts";
import type { FunctionArguments, FunctionResult } from "./kernel_types.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/**
 * Runs a function in the kernel each time that one of its functions is called. `c.args` has its arguments by name, whose members
 * are loaded as they are. Since Linux 5.5.
 *
 * @param name A function of the kernel: `vfs_read`.
 *
 * @example Files that are read
 * ```ts ignore
 * import { counter, fentry } from "@waggle/ebpf/trace";
 *
 * using reads = counter<string>();
 * using _probe = fentry("vfs_read", { reads }, (c, { reads }) => {
 *   reads.count(c.str(c.args.file.f_path.dentry.d_name.name, 32));
 * });
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The machine refuses trampolines.
 */
export function fentry<const N extends string, R>(
  name: N,
  body: (c: KernelCallContext<FunctionArguments<N>>) => R,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function fentry<const N extends string, const S extends SharedThings, R>(
  name: N,
  shared: S,
  body: (c: KernelCallContext<FunctionArguments<N>>, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function fentry<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  return attach(name, "trace_fentry", rest);
}

/**
 * Runs a function in the kernel each time that one of its functions returns: `c.retval` is what, and the arguments are there,
 * too. As {@linkcode fentry} in all else.
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The machine refuses trampolines.
 */
export function fexit<const N extends string, R>(
  name: N,
  body: (c: KernelExitContext<FunctionArguments<N>, FunctionResult<N>>) => R,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function fexit<const N extends string, const S extends SharedThings, R>(
  name: N,
  shared: S,
  body: (c: KernelExitContext<FunctionArguments<N>, FunctionResult<N>>, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function fexit<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  return attach(name, "trace_fexit", rest);
}

function attach<E>(name: string, at: "trace_fentry" | "trace_fexit", rest: Rest<undefined>): Probe<E> {
  const { options: _, ...handed } = given(rest);
  return probe({
    ...handed,
    context: contextOf(name, at === "trace_fexit"),
    program: { name, type: "tracing", expectedAttachType: at, attachTo: name },
    section: `${at === "trace_fexit" ? "fexit" : "fentry"}/${name}`,
  }, (program) => attachTracing(program));
}

function contextOf(name: string, isExit: boolean): ContextSpec {
  const { parameters, result }: FunctionTypes = functionTypes(name);
  return { kind: "typed", parameters, ...isExit && result !== undefined && { result } };
}
