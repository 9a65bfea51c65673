/**
 * Kernel functions at probes that programs and shared libraries declare themselves.
 *
 * @module
 */
import { attachUsdtPlaces, UsdtAttachment } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import { usdtWays } from "./_usdt_ways.ts";
import type { UsdtContext } from "./context.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";
import type { UprobeFunctionOptions } from "./uprobe.ts";

/**
 * Runs a function in the kernel each time that a program passes a probe that it declares itself (USDT), in any process.
 * `c.args[0]` and on are the probe's arguments, wherever the compiler left them; floating-point numbers cannot be read. Probes
 * with a semaphore are switched on. Since Linux 5.15.
 *
 * @param path A path, or the name of a library or program: `libc`.
 * @param name Provider and name: `libc:setjmp`. `listUsdt()` lists what there is.
 *
 * @example Every class that a Java machine loads
 * ```ts ignore
 * import { usdt } from "@waggle/ebpf/trace";
 *
 * const path = "/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so";
 * using classes = usdt(path, "hotspot:class__loaded", (c) => ({ pid: c.pid, name: c.str(c.args[0], 128) }));
 * for await (const { pid, name } of classes) console.log(pid, name);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such file or probe; the message lists the closest names.
 * @throws {ElfError} The file is no program or library of 64 bits, or its notes are damaged.
 * @throws {NotSupportedError} The file is for another processor than x86-64 and aarch64.
 * @throws {PermissionError} The process lacks a capability.
 */
export function usdt<R>(
  path: string,
  name: string,
  body: (c: UsdtContext) => R,
  options?: UprobeFunctionOptions,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function usdt<const S extends SharedThings, R>(
  path: string,
  name: string,
  shared: S,
  body: (c: UsdtContext, shared: KernelSide<S>) => R,
  options?: UprobeFunctionOptions,
): Probe<Returned<R>>;
export function usdt<R>(
  path: string,
  name: string,
  ...rest: Rest<UprobeFunctionOptions>
): Probe<Returned<R>> {
  const { options, ...handed } = given(rest);
  const { found, ways, cookies, together } = usdtWays(path, name);
  return probe({
    ...handed,
    context: { kind: "usdt", ways },
    program: {
      name: name.replace(/^.*:/, ""),
      type: "kprobe",
      ...together && { expectedAttachType: "trace_uprobe_multi" as const },
    },
  }, (program) => {
    const links = attachUsdtPlaces(program, found, cookies, options?.pid);
    return new UsdtAttachment(links, () => {});
  });
}
