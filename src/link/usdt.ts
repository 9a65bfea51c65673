/**
 * Links to probes that programs and libraries declare themselves (USDT: user statically-defined tracing).
 *
 * @module
 */
import type { Program } from "../program/mod.ts";
import { readTextFile } from "../sys/mod.ts";
import { splitArguments } from "./_usdt_argument.ts";
import { addSpecs, hasCookies, setAddresses } from "./_usdt_lookup.ts";
import { readUsdtNotes } from "./_usdt_notes.ts";
import { type UsdtMap, UsdtSpecs } from "./_usdt_specs.ts";
import { userPath } from "./_user_path.ts";
import { attachUsdtPlaces, findUsdt, probeOf, UsdtAttachment } from "./usdt_places.ts";

/** Options of {@linkcode attachUsdt}. */
export interface UsdtOptions {
  /** The process, 0 for the script's own; all of them, also of the future, by default. */
  readonly pid?: number;
  /**
   * What `bpf_usdt_cookie()` returns in the program; without {@linkcode UsdtOptions.specs}, what `bpf_get_attach_cookie()`
   * does, since Linux 5.15.
   */
  readonly cookie?: bigint;
  /**
   * The object's map `__bpf_usdt_specs`, by which `BPF_USDT()` and `bpf_usdt_arg()` of `bpf/usdt.bpf.h` find arguments.
   * Without it, programs run for the probe and do not see its arguments.
   */
  readonly specs?: UsdtMap;
  /** The object's map `__bpf_usdt_ip_to_spec_id`, which has that part before Linux 5.15 that cookies have since. */
  readonly ids?: UsdtMap;
}

/** A probe of a program or library. */
export interface UsdtProbe {
  /** Most often the name of the program or library: `libc`. */
  readonly provider: string;
  /** The name among those of the provider: `setjmp`. */
  readonly name: string;
  /** Where it is; compilers may write one probe of the source many times. */
  readonly places: readonly UsdtProbePlace[];
}

/** One place of a probe. */
export interface UsdtProbePlace {
  /** In bytes from the start of the file. */
  readonly offset: number;
  /** Of the counter that the kernel raises for as long as the probe is in use; `undefined` where it needs none. */
  readonly semaphoreOffset: number | undefined;
  /** Size, sign and place of each argument, as the compiler wrote them: `-4@%edi`, `8@-16(%rbp)`. */
  readonly arguments: readonly string[];
}

/**
 * Attaches a program (`BPF_PROG_TYPE_KPROBE`) to a probe that a program or shared library declares, in every process that
 * runs it. Programs of `SEC("usdt")` with `bpf/usdt.bpf.h` see its arguments, on x86-64 and aarch64; arguments in variables of
 * the file (`8@48+values(%rip)`) where it has its symbols.
 *
 * Since Linux 4.17; with semaphores since 4.20; by one link since 6.6. Before 5.15, files that are loaded anywhere in memory, as
 * libraries and most programs are, need {@linkcode UsdtOptions.pid}.
 *
 * @param path A path, or a name: see `attachUprobe`.
 * @param probe Provider and name: `libc:setjmp`.
 *
 * @example Every class that a Java machine loads
 * ```ts ignore
 * import { attachUsdt, load } from "@waggle/ebpf";
 *
 * await using object = await load("classes.bpf.o");
 * const specs = object.maps.get("__bpf_usdt_specs");
 * const path = "/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so";
 * using attachment = attachUsdt(object.programs.get("on_class"), path, "hotspot:class__loaded", { specs });
 * ```
 *
 * @throws {NotFoundError} There is no such file, probe or process; the message lists the closest names.
 * @throws {ElfError} The file is no program or library of 64 bits, or its notes are damaged.
 * @throws {NotSupportedError} The kernel has no uprobes, or an argument is where programs cannot have it.
 * @throws {LayoutError} {@linkcode UsdtOptions.specs} is another map.
 * @throws {MapFullError} It has no free element.
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachUsdt(
  program: Program,
  path: string,
  probe: string,
  options: UsdtOptions = {},
): UsdtAttachment {
  const { specs, ids, cookie } = options;
  const places = findUsdt(path, probe);
  const target = {
    ...places,
    what: `a link of program "${program.name}" to USDT probe "${probe}" of "${path}"`,
  };
  const pid = options.pid === 0 ? ownProcess() : options.pid;
  using undo = new DisposableStack();
  const numbers = specs && addSpecs(target, new UsdtSpecs(specs), cookie ?? 0n, undo);
  const byAddress = numbers && ids && !hasCookies();
  if (byAddress) setAddresses(target, ids, numbers, pid, undo);
  const cookies = byAddress
    ? undefined
    : numbers ?? (cookie === undefined ? undefined : target.notes.map(() => cookie));
  const links = attachUsdtPlaces(program, places, cookies, pid);
  const release = undo.move();
  return new UsdtAttachment(links, () => release.dispose());
}

/**
 * The probes that a program or shared library declares, in the order of its notes.
 *
 * @param path A path, or a name: see `attachUprobe`.
 *
 * @example
 * ```ts ignore
 * import { listUsdt } from "@waggle/ebpf";
 *
 * for (const { provider, name, places } of listUsdt("libstdc++")) console.log(`${provider}:${name}`, places.length);
 * ```
 *
 * @throws {NotFoundError} There is no such file.
 * @throws {ElfError} It is no program or library of 64 bits, or its notes are damaged.
 */
export function listUsdt(path: string): UsdtProbe[] {
  const probes = Map.groupBy(readUsdtNotes(userPath(path)).notes, probeOf);
  return [...probes.values()].flatMap((notes) => {
    const places = notes.map(({ offset, semaphoreOffset, argumentText }) => ({
      offset,
      semaphoreOffset,
      arguments: splitArguments(argumentText),
    }));
    return notes.slice(0, 1).map(({ provider, name }) => ({ provider, name, places }));
  });
}

function ownProcess(): number {
  return Number.parseInt(readTextFile("/proc/self/stat"), 10);
}
