/**
 * Functions of the kernel that programs may call.
 *
 * @module
 */
import { callKfunc, exit } from "../asm/mod.ts";
import type { Btf } from "../btf/core.ts";
import { SyscallError, WaggleError } from "../errors.ts";
import { findOwn, kernelBtf, type ModuleBtf, moduleBtfs } from "../kernel/mod.ts";
import { neededCapabilities, programTypeNumber } from "../program/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { failure } from "./_outcome.ts";
import { probe } from "./_probe.ts";
import { attemptProgram } from "./_program.ts";
import { type ProbedProgramType, probeProgramType } from "./program_type.ts";

/** How the kernel marks the functions that it lets programs call, where its types were made with pahole 1.26. */
const MARK = "bpf_kfunc";

/** Where a function is. */
interface Place {
  readonly btf: Btf;
  readonly module: ModuleBtf | undefined;
  readonly id: number;
}

/**
 * Whether the kernel, or a module that is loaded, has a function that programs may call (a kfunc), and with a type of
 * programs whether those may call it. Since Linux 5.13.
 *
 * Without a type, `unknown` where the kernel has a function of the name, but does not mark those that programs may call.
 * Programs of types `tracing`, `lsm`, `struct_ops` and `ext` cannot be asked about: what they may call depends on what
 * they are loaded for.
 *
 * @example
 * ```ts ignore
 * import { probeKfunc } from "@waggle/ebpf/features";
 *
 * const { state } = probeKfunc("bpf_dynptr_from_skb", "sched_cls"); // since Linux 6.4
 * ```
 *
 * @throws {TypeError} There is no such type.
 */
export function probeKfunc(name: string, programType?: ProbedProgramType): FeatureAnswer {
  if (programType === undefined) return probe({ feature: `kfunc "${name}"` }, [], () => exists(name));
  const feature = { feature: `kfunc "${name}" in programs of type "${programType}"` };
  const type = probeProgramType(programType);
  if (type.state !== "present") return { ...type, ...feature };
  return probe(
    feature,
    neededCapabilities(programTypeNumber(programType)),
    () => callable(name, programType),
  );
}

/**
 * The functions that the kernel and the modules that are loaded let programs call, by name; none where the kernel does not
 * mark them, as before Linux 6.10.
 *
 * @throws {NotSupportedError} The kernel does not tell of its types.
 */
export function kfuncNames(): string[] {
  const types = [kernelBtf(), ...moduleBtfs().map(({ btf }) => btf)];
  return [...new Set(types.flatMap(marked))].sort();
}

function marked(btf: Btf): string[] {
  return btf.idsNamed(MARK).map((id) => btf.type(id))
    .flatMap((tag) => tag.kind === "declTag" ? [btf.nameOf(tag.typeId)] : []);
}

function exists(name: string): FeatureAnswer {
  const feature = `kfunc "${name}"`;
  const place = placeOf(name);
  if (typeof place === "string") return { feature, state: "unknown", reason: place, missing: [] };
  if (place === undefined) return { feature, state: "absent" };
  if (isMarked(place)) return { feature, state: "present" };
  if (marks(kernelBtf())) return { feature, state: "absent" };
  const reason =
    "it has a function of that name, but does not mark those that programs may call: name a program type";
  return { feature, state: "unknown", reason, missing: [] };
}

function callable(name: string, type: ProbedProgramType) {
  const feature = `kfunc "${name}" in programs of type "${type}"`;
  if (DEPENDENT.has(type)) {
    const reason = "what programs of this type may call depends on what they are loaded for";
    return { feature, state: "unknown", reason, missing: [] } as const;
  }
  const place = placeOf(name);
  if (typeof place === "string") return { feature, state: "unknown", reason: place, missing: [] } as const;
  if (place === undefined) return "absent";
  const { id, module } = place;
  const { errno, log } = attemptProgram({
    type,
    instructions: [{ ...callKfunc(id), offset: module ? 1 : 0 }, exit()],
    ...(module && { fdArray: Int32Array.of(0, module.descriptor.fd) }),
  });
  if (errno === 0) return "present";
  if (log.some((line) => LACKING.test(line))) return "absent";
  return log.length > 0 ? "present" : failure(errno);
}

const DEPENDENT: ReadonlySet<string> = new Set(["tracing", "lsm", "struct_ops", "ext"]);

/** How the verifier says that programs of a type may not call a function: `check_kfunc_call` and `add_kfunc_call`. */
const LACKING = /calling kernel function .*is not allowed|JIT does not support calling kernel function/;

/** Where a function is; `undefined` where there is none; what keeps that from being found out, as a text. */
function placeOf(name: string): Place | string | undefined {
  try {
    const vmlinux = { btf: kernelBtf(), module: undefined };
    const id = findOwn(vmlinux.btf, name, "function");
    if (id !== undefined) return { ...vmlinux, id };
    for (const module of moduleBtfs()) {
      const id = findOwn(module.btf, name, "function");
      if (id !== undefined) return { btf: module.btf, module, id };
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof WaggleError) || error instanceof SyscallError) throw error;
    return error.message;
  }
}

function isMarked({ btf, id }: Place): boolean {
  return btf.idsNamed(MARK).some((tag) => {
    const type = btf.type(tag);
    return type.kind === "declTag" && type.typeId === id;
  });
}

function marks(btf: Btf): boolean {
  return btf.idsNamed(MARK).some((tag) => btf.kindOf(tag) === "declTag");
}
