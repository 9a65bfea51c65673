/**
 * Kernel functions at functions of programs and shared libraries.
 *
 * @module
 */
import type { ContextSpec } from "../lang/mod.ts";
import { attachUprobe, userPath } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import type { CallContext, ReturnContext } from "./context.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/** Options of {@linkcode uprobe} and {@linkcode uretprobe}. */
export interface UprobeFunctionOptions {
  /** The process; all of them, also of the future, by default. */
  readonly pid?: number;
}

/**
 * Runs a function in the kernel each time that a function of a program or shared library is called, in any process.
 * `c.args[0]` to `c.args[5]` are the arguments that are in registers, as numbers of 64 bits.
 *
 * @param name A path, or the name of a library or program, and a function: `libc:malloc`, `/bin/bash:readline`.
 *
 * @example The sizes that are asked of malloc()
 * ```ts ignore
 * import { histogram, uprobe } from "@waggle/ebpf/trace";
 *
 * using sizes = histogram({ unit: "bytes" });
 * using _probe = uprobe("libc:malloc", { sizes }, (c, { sizes }) => {
 *   sizes.record(c.args[0]);
 * });
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such file or function; the message lists the closest names.
 * @throws {PermissionError} The process lacks a capability.
 */
export function uprobe<R>(
  name: string,
  body: (c: CallContext) => R,
  options?: UprobeFunctionOptions,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function uprobe<const S extends SharedThings, R>(
  name: string,
  shared: S,
  body: (c: CallContext, shared: KernelSide<S>) => R,
  options?: UprobeFunctionOptions,
): Probe<Returned<R>>;
export function uprobe<R>(name: string, ...rest: Rest<UprobeFunctionOptions>): Probe<Returned<R>> {
  return attach(name, "call", rest);
}

/**
 * Runs a function in the kernel each time that a function of a program or shared library returns: `c.retval` is what. As
 * {@linkcode uprobe} in all else.
 *
 * @example What every bash reads
 * ```ts ignore
 * import { uretprobe } from "@waggle/ebpf/trace";
 *
 * using lines = uretprobe("/bin/bash:readline", (c) => ({ pid: c.pid, line: c.str(c.retval, 256) }));
 * for await (const { pid, line } of lines) console.log(pid, line);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such file or function; the message lists the closest names.
 * @throws {PermissionError} The process lacks a capability.
 */
export function uretprobe<R>(
  name: string,
  body: (c: ReturnContext) => R,
  options?: UprobeFunctionOptions,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function uretprobe<const S extends SharedThings, R>(
  name: string,
  shared: S,
  body: (c: ReturnContext, shared: KernelSide<S>) => R,
  options?: UprobeFunctionOptions,
): Probe<Returned<R>>;
export function uretprobe<R>(name: string, ...rest: Rest<UprobeFunctionOptions>): Probe<Returned<R>> {
  return attach(name, "return", rest);
}

function attach<E>(name: string, at: "call" | "return", rest: Rest<UprobeFunctionOptions>): Probe<E> {
  const colon = name.lastIndexOf(":");
  if (colon < 1) {
    throw new TypeError(`Cannot attach to "${name}": it is not of the form file:function, as libc:malloc`);
  }
  const [path, target] = [name.slice(0, colon), name.slice(colon + 1)];
  const { options, ...handed } = given(rest);
  const context: ContextSpec = { kind: "registers", space: "user", at, parameters: [] };
  return probe({
    ...handed,
    context,
    program: { name: target, type: "kprobe" },
    // Looked for when somebody asks for an object
    get section() {
      return `${at === "return" ? "uretprobe" : "uprobe"}/${userPath(path)}:${target}`;
    },
  }, (program) => attachUprobe(program, path, target, { ...options, return: at === "return" }));
}
