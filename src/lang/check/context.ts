/**
 * The context: what a kernel function can know wherever it runs, and what it is called with.
 *
 * @module
 */
import type { HelperName } from "../../asm/mod.ts";
import type { Btf } from "../../btf/core.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import {
  type IntType,
  type PointerType,
  S64,
  type StackType,
  type TextType,
  U32,
  U64,
  WORDS_AT,
} from "../ir/type.ts";
import { accessMembers } from "./access.ts";
import { method, textOf } from "./arguments.ts";
import { constant, scalarOf } from "./convert.ts";
import type { Environment } from "./environment.ts";
import { type Members, namespaceOf } from "./members.ts";
import { pointerThing } from "./memory.ts";
import { enumerator } from "./integers.ts";
import { parametersOf, resultOf } from "./parameters.ts";
import { structMembers } from "./struct_context.ts";
import { type Namespace, scalarThing, type Thing } from "./thing.ts";

/** `TASK_COMM_LEN`. */
export const COMM: TextType = { kind: "text", size: 16 };

/** How long text is that nobody gave a size, in bytes with its NUL. */
const TEXT_SIZE = 64;
/** How many bytes arguments have that nobody gave a size. */
const WORDS_SIZE = 256;
/** More fits no record of the stack's size, and no path is longer. */
const LONGEST_TEXT = 4096;

/** The context of a function; `own` are members that are made with its body. */
export function contextNamespace(environment: Environment, own: Members = {}): Namespace {
  const { context, types } = environment;
  const hasParameters = context.kind === "fields" || context.kind === "typed" || context.kind === "usdt" ||
    context.kind === "registers" && context.at === "call";
  const hasResult = context.kind === "registers" && context.at === "return" ||
    context.kind === "typed" && context.result !== undefined;
  const members: Members = {
    ...own,
    ...kindMembers(environment),
    nsecs: (place) => scalarThing(helper("bpf_ktime_get_ns", U64, place)),
    boottime: (place) => scalarThing(helper("bpf_ktime_get_boot_ns", U64, place)),
    enum: () =>
      method("enum", [1, 1], ([name], place) => {
        const text = textOf(name, place, "enum() takes the name of an enumerator");
        return scalarThing(constant(enumerator(types(), text, place), place));
      }),
    cpu: (place) => scalarThing(helper("bpf_get_smp_processor_id", U32, place)),
    numa: (place) => scalarThing(helper("bpf_get_numa_node_id", U32, place)),
    random: (place) => scalarThing(helper("bpf_get_prandom_u32", U32, place)),
    ...hasParameters && { args: () => parametersOf(context, types) },
    ...hasResult && { retval: (place: Place) => resultOf(context, types, place) },
    ...accessMembers(environment, usualSpace(context)),
  };
  return { ...namespaceOf("the context", members), isContext: true };
}

/** What is known beside the clock and the machine. */
function kindMembers(environment: Environment): Members {
  const { context } = environment;
  switch (context.kind) {
    case "xdp":
    case "tc":
      return {};
    case "struct":
      return {
        ...context.ofTask ? taskMembers(environment) : kernelTexts("kernel"),
        ...structMembers(context),
      };
    case "iterator": // runs on behalf of who reads the list, which nobody asks for
      return kernelTexts("kernel");
    default:
      return taskMembers(environment);
  }
}

/** Texts of the kernel's memory, and at numbers that are addresses in `usual`. */
function kernelTexts(usual: PointerType["space"]): Members {
  return {
    str: () => method("str", [1, 2], (args, place) => text(args, place, undefined, usual)),
    kstr: () => method("kstr", [1, 2], (args, place) => text(args, place, "kernel", usual)),
  };
}

/** Whose memory numbers are addresses of: of the process where functions of it are called. */
function usualSpace(context: Environment["context"]): PointerType["space"] {
  return context.kind === "usdt" ? "user" : context.kind === "registers" ? context.space : "kernel";
}

/** What the process is that runs, and texts of its memory. */
function taskMembers({ types, context }: Environment): Members {
  const usual = usualSpace(context);
  const pidTgid = (place: Place) => helper("bpf_get_current_pid_tgid", U64, place);
  const uidGid = (place: Place) => helper("bpf_get_current_uid_gid", U64, place);
  const func = (place: Place) => scalarThing(functionAddress(place));
  return {
    ...context.kind === "registers" && context.space === "kernel" && { func },
    pid: (place) => scalarThing(high(pidTgid(place))),
    tid: (place) => scalarThing(low(pidTgid(place))),
    ppid: (place) => parent(types, place),
    uid: (place) => scalarThing(low(uidGid(place))),
    gid: (place) => scalarThing(high(uidGid(place))),
    comm: (place) => ({ kind: "text", value: { kind: "comm", type: COMM, place } }),
    cgroup: (place) => scalarThing(helper("bpf_get_current_cgroup_id", U64, place)),
    task: (place) => taskThing(types, place),
    kstack: () => method("kstack", [0, 1], ([most], place) => stackThing("kernel", most, place)),
    ustack: () => method("ustack", [0, 1], ([most], place) => stackThing("user", most, place)),
    argv: () => method("argv", [0, 1], ([most], place) => argv(types, most, place)),
    ...kernelTexts(usual),
    ustr: () => method("ustr", [1, 2], (args, place) => text(args, place, "user", usual)),
  };
}

function taskThing(types: () => Btf, place: Place): Thing {
  const typeId = types().find("task_struct", "struct")?.id ?? 0;
  const type: PointerType = { kind: "pointer", typeId, space: "kernel", trusted: true };
  return pointerThing(types, helper("bpf_get_current_task_btf", type, place));
}

/** How many frames stacks have at most: `sysctl kernel.perf_event_max_stack` as kernels have it. */
const MOST_FRAMES = 127;

function stackThing(space: StackType["space"], most: Thing | undefined, place: Place): Thing {
  const asked = most === undefined ? constant(BigInt(MOST_FRAMES), place) : scalarOf(most, place);
  const depth = asked.kind === "constant" ? Number(asked.value) : 0;
  if (depth < 1 || depth > MOST_FRAMES) {
    throw new Fault(place, `the depth of a stack is a constant from 1 to ${MOST_FRAMES}, in frames`);
  }
  // The number of a stack says nothing of the process that its addresses are of
  return { kind: "stack", type: { kind: "stack", space, depth, size: space === "kernel" ? 4 : 8 } };
}

/** Where the function starts that a probe is at. */
function functionAddress(place: Place): Scalar {
  const type: PointerType = { kind: "pointer", typeId: 0, space: "kernel", trusted: false };
  return { kind: "helper", type, place, helper: "bpf_get_func_ip", arguments: [{ kind: "contextItself" }] };
}

/** The process that is told when this one ends. */
function parent(types: () => Btf, place: Place): Thing {
  const task = taskThing(types, place);
  const process = task.kind === "namespace" ? task.member("real_parent", place) : task;
  return process.kind === "namespace" ? process.member("tgid", place) : process;
}

/** The arguments that the process was started with, which the kernel has the place of. */
function argv(types: () => Btf, most: Thing | undefined, place: Place): Thing {
  const size = most === undefined ? WORDS_SIZE : sizeOfText(most, place);
  const task = taskThing(types, place);
  const memory = task.kind === "namespace" ? task.member("mm", place) : task;
  if (memory.kind !== "namespace") {
    throw new Fault(place, "this kernel does not tell the memory of a process");
  }
  const [from, to] = [memory.member("arg_start", place), memory.member("arg_end", place)];
  return {
    kind: "words",
    value: {
      kind: "words",
      type: { kind: "words", size: WORDS_AT + Math.ceil(size / 4) * 4 },
      place,
      from: { ...scalarOf(from, place), type: { kind: "pointer", typeId: 0, space: "user", trusted: false } },
      to: scalarOf(to, place),
    },
  };
}

/** Text at an address, of at most as many bytes as the second argument says. */
function text(
  [from, most]: readonly Thing[],
  place: Place,
  asked: PointerType["space"] | undefined,
  usual: PointerType["space"],
): Thing {
  const size = most === undefined ? undefined : sizeOfText(most, place);
  if (from?.kind === "text") {
    const { value } = from;
    if (value.kind !== "string" || size === undefined || size >= value.type.size) return from;
    return { kind: "text", value: { ...value, type: { kind: "text", size } } };
  }
  if (!from) throw new Fault(place, "str() is of an address");
  const given = scalarOf(from, place);
  const space = asked ?? (given.type.kind === "pointer" ? given.type.space : usual);
  const address: Scalar = { ...given, type: { kind: "pointer", typeId: 0, trusted: false, space } };
  const type: TextType = { kind: "text", size: size ?? TEXT_SIZE };
  return { kind: "text", value: { kind: "string", type, place, address } };
}

function sizeOfText(most: Thing, place: Place): number {
  const value = scalarOf(most, place);
  const size = value.kind === "constant" ? Number(value.value) : 0;
  if (size >= 1 && size <= LONGEST_TEXT) return size;
  throw new Fault(place, `the size of a text is a constant from 1 to ${LONGEST_TEXT}, in bytes`);
}

function helper(name: HelperName, type: IntType | PointerType, place: Place): Scalar {
  return { kind: "helper", type, place, helper: name, arguments: [] };
}

function high(value: Scalar): Scalar {
  return shifted(value, ">>>");
}

/** The low 32 bits. */
function low(of: Scalar): Scalar {
  return {
    kind: "arithmetic",
    type: U32,
    place: of.place,
    operator: "&",
    signed: false,
    left: of,
    right: { ...constant(0xffff_ffffn, of.place), type: S64 },
  };
}

function shifted(left: Scalar, operator: ">>>"): Scalar {
  return {
    kind: "arithmetic",
    type: U32,
    place: left.place,
    operator,
    signed: false,
    left,
    right: constant(32n, left.place),
  };
}
