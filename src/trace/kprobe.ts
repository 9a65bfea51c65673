/**
 * Kernel functions at functions of the kernel, by breakpoints.
 *
 * @module
 */
import type { ContextSpec } from "../lang/mod.ts";
import { attachKprobe } from "../link/core.ts";
import { type FunctionTypes, functionTypes } from "./_function_types.ts";
import { given, type Rest } from "./_overload.ts";
import type { KernelCallContext, KernelReturnContext } from "./context.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/**
 * Runs a function in the kernel each time that one of its functions is called. `c.args` has its arguments by name, as BTF knows
 * them, and by number.
 *
 * @param name A function of `/proc/kallsyms`: `vfs_read`.
 *
 * @example Bytes that are asked for, by process
 * ```ts ignore
 * import { counter, kprobe } from "@waggle/ebpf/trace";
 *
 * using bytes = counter<string>();
 * using _probe = kprobe("vfs_read", { bytes }, (c, { bytes }) => bytes.count(c.comm, c.args.count));
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The kernel is built without kprobes.
 */
export function kprobe<R>(name: string, body: (c: KernelCallContext) => R): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function kprobe<const S extends SharedThings, R>(
  name: string,
  shared: S,
  body: (c: KernelCallContext, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function kprobe<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  return attach(name, "call", rest);
}

/**
 * Runs a function in the kernel each time that one of its functions returns: `c.retval` is what. As {@linkcode kprobe} in all
 * else.
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The kernel is built without kprobes.
 */
export function kretprobe<R>(name: string, body: (c: KernelReturnContext) => R): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function kretprobe<const S extends SharedThings, R>(
  name: string,
  shared: S,
  body: (c: KernelReturnContext, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function kretprobe<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  return attach(name, "return", rest);
}

function attach<E>(name: string, at: "call" | "return", rest: Rest<undefined>): Probe<E> {
  const { options: _, ...handed } = given(rest);
  return probe({ ...handed, context: contextOf(name, at), program: { name, type: "kprobe" } }, (program) => {
    return attachKprobe(program, name, { return: at === "return" });
  });
}

/** The types are looked up when an argument or the result is named. */
function contextOf(name: string, at: "call" | "return"): ContextSpec {
  let types: FunctionTypes | undefined;
  const known = () => types ??= functionTypes(name);
  return {
    kind: "registers",
    space: "kernel",
    at,
    get parameters() {
      return known().parameters;
    },
    get result() {
      return known().result ?? 0;
    },
  };
}
