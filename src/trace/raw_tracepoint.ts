/**
 * Kernel functions at raw tracepoints, which hand over the kernel's own objects.
 *
 * @module
 */
import { type Btf, skipModifiers } from "../btf/core.ts";
import { NotFoundError } from "../errors.ts";
import { closest, kernelBtf } from "../kernel/mod.ts";
import type { ContextSpec, ParameterSpec } from "../lang/mod.ts";
import { attachTracing } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import type { TracepointContext } from "./context.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/**
 * Runs a function in the kernel each time that a tracepoint is passed, with the arguments that the kernel's own code passes:
 * `c.args.p.real_parent.tgid`. What their types are, the kernel's BTF tells. Needs no tracefs. Since Linux 5.5.
 *
 * @param name The event, with or without its group: `sched_process_exec`.
 *
 * @example Every program that starts
 * ```ts ignore
 * import { rawTracepoint } from "@waggle/ebpf/trace";
 *
 * using execs = rawTracepoint("sched_process_exec", (c) => ({
 *   pid: c.pid,
 *   ppid: c.args.p.real_parent.tgid,
 *   comm: c.comm,
 *   file: c.str(c.args.bprm.filename, 256),
 * }));
 * for await (const exec of execs) console.log(exec.pid, exec.ppid, exec.comm, exec.file);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such tracepoint; the message lists the closest names.
 * @throws {VerifierError} The verifier refuses what was made of the function.
 * @throws {PermissionError} The process lacks a capability.
 */
export function rawTracepoint<R>(name: string, body: (c: TracepointContext) => R): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function rawTracepoint<const S extends SharedThings, R>(
  name: string,
  shared: S,
  body: (c: TracepointContext, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function rawTracepoint<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  const event = name.replace(/^.*[:/]/, "");
  return probe({
    ...given(rest),
    context: contextOf(event),
    program: { name: event, type: "tracing", expectedAttachType: "trace_raw_tp", attachTo: event },
  }, (program) => attachTracing(program));
}

/** The arguments are looked up when one is named. */
function contextOf(event: string): ContextSpec {
  let parameters: readonly ParameterSpec[] | undefined;
  return {
    kind: "typed",
    get parameters() {
      return parameters ??= parametersOf(kernelBtf(), event);
    },
  };
}

/** What comes before the name of a tracepoint in that of the type of its function. */
const TYPE_PREFIX = "btf_trace_";

/** Functions that have the arguments' names, which the type has not: since Linux 6.5, and before. */
const NAMED_PREFIXES = ["__probestub_", "__traceiter_"] as const;

function parametersOf(btf: Btf, event: string): ParameterSpec[] {
  const type = btf.find(TYPE_PREFIX + event, "typedef");
  const pointer = type && skipModifiers(btf, type.id);
  const prototype = pointer?.kind === "pointer" ? btf.type(pointer.typeId) : undefined;
  if (prototype?.kind !== "prototype") {
    throw new NotFoundError(
      `Cannot find raw tracepoint "${event}": this kernel has none of that name${closest(event, names(btf))}`,
    );
  }
  const named = NAMED_PREFIXES.map((prefix) => btf.find(prefix + event, "function")).find((found) => found);
  const own = named && btf.type(named.typeId);
  const known = own?.kind === "prototype" ? own.parameters : [];
  // The first one is the program's own data
  return prototype.parameters.slice(1).map(({ typeId }, i) => ({
    name: known[i + 1]?.name ?? `arg${i}`,
    typeId,
  }));
}

function* names(btf: Btf): Generator<string> {
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== "typedef") continue;
    const name = btf.nameOf(id);
    if (name.startsWith(TYPE_PREFIX)) yield name.slice(TYPE_PREFIX.length);
  }
}
