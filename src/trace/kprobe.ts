/**
 * Kernel functions at functions of the kernel, by breakpoints.
 *
 * @module
 */
import type { ContextSpec } from "../lang/mod.ts";
import { attachKprobe, attachKprobeMulti } from "../link/core.ts";
import { identifier } from "../names.ts";
import { type FunctionTypes, functionTypes } from "./_function_types.ts";
import { given, type Rest } from "./_overload.ts";
import type { KprobeContext, KretprobeContext } from "./context.ts";
import type { FunctionArguments, FunctionResult } from "./kernel_types.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/**
 * Runs a function in the kernel each time that one of its functions is called. `c.args` has its arguments by name, as BTF knows
 * them, and by number.
 *
 * @param name A function of `/proc/kallsyms`: `vfs_read`. With `*` and `?` all that it matches, by one link since Linux 5.18:
 * arguments have numbers only, and `c.func` says which of them was called.
 *
 * @example Bytes that are asked for, by process
 * ```ts ignore
 * import { counter, kprobe } from "@waggle/ebpf/trace";
 *
 * using bytes = counter<string>();
 * using _probe = kprobe("vfs_read", { bytes }, (c, { bytes }) => bytes.count(c.comm, c.args.count));
 * ```
 *
 * @example Calls of many functions
 * ```ts ignore
 * import { counter, kprobe } from "@waggle/ebpf/trace";
 * import { Symbolizer } from "@waggle/ebpf/symbols";
 *
 * using calls = counter<bigint>();
 * using _probe = kprobe("vfs_*", { calls }, (c, { calls }) => calls.count(c.func));
 * await new Promise((resolve) => setTimeout(resolve, 1000));
 * using symbolizer = new Symbolizer();
 * for (const [address, count] of calls.top(10)) console.log(symbolizer.kernel(address).name, count);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The kernel is built without kprobes.
 */
export function kprobe<const N extends string, R>(
  name: N,
  body: (c: KprobeContext<FunctionArguments<N>>) => R,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function kprobe<const N extends string, const S extends SharedThings, R>(
  name: N,
  shared: S,
  body: (c: KprobeContext<FunctionArguments<N>>, shared: KernelSide<S>) => R,
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
export function kretprobe<const N extends string, R>(
  name: N,
  body: (c: KretprobeContext<FunctionResult<N>>) => R,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function kretprobe<const N extends string, const S extends SharedThings, R>(
  name: N,
  shared: S,
  body: (c: KretprobeContext<FunctionResult<N>>, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function kretprobe<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  return attach(name, "return", rest);
}

function attach<E>(name: string, at: "call" | "return", rest: Rest<undefined>): Probe<E> {
  const { options: _, ...handed } = given(rest);
  const context = contextOf(name, at);
  const isReturn = { return: at === "return" };
  if (!/[*?]/.test(name)) {
    const program = { name, type: "kprobe" } as const;
    const section = `${at === "return" ? "kretprobe" : "kprobe"}/${name}`;
    return probe(
      { ...handed, context, program, section },
      (program) => attachKprobe(program, name, isReturn),
    );
  }
  const program = {
    name: identifier(name),
    type: "kprobe",
    expectedAttachType: "trace_kprobe_multi",
  } as const;
  return probe({ ...handed, context, program }, (program) => {
    return attachKprobeMulti(program, { pattern: name, ...isReturn });
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
