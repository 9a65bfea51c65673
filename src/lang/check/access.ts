/**
 * What functions ask of the kernel by its own names: helpers and kfuncs, structs at addresses, symbols, memory.
 *
 * @module
 */
import { type HelperName, HELPERS } from "../../asm/mod.ts";
import { type Btf, sizeOf, skipModifiers } from "../../btf/core.ts";
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Argument } from "../ir/tree.ts";
import { type IntType, type PointerType, S64, U64 } from "../ir/type.ts";
import { method, textOf } from "./arguments.ts";
import { constant, scalarOf } from "./convert.ts";
import { dataType } from "./data.ts";
import type { Environment } from "./environment.ts";
import type { Members } from "./members.ts";
import { intTypeOf } from "./integers.ts";
import { pointerThing } from "./memory.ts";
import { conventionOf } from "./registers.ts";
import { scalarThing, type Thing } from "./thing.ts";

/** How many arguments the kernel's functions take from programs. */
const MOST_ARGUMENTS = 5;

/** The members; `usual` is whose memory numbers are addresses of that say nothing of it. */
export function accessMembers(
  { types, symbol, context }: Environment,
  usual: PointerType["space"],
): Members {
  return {
    call: () =>
      method("call", [1, 1 + MOST_ARGUMENTS], ([name, ...args], place) => {
        const called = textOf(name, place, "call() takes the name of a function of the kernel");
        return calls(types, called, args, place);
      }),
    struct: () =>
      method("struct", [2, 2], ([name, address], place) => {
        const type = structNamed(types, textOf(name, place, "struct() takes the name of a struct"), place);
        const value = scalarOf(address as Thing, place);
        const space = value.type.kind === "pointer" ? value.type.space : usual;
        return pointerThing(types, {
          ...value,
          type: { kind: "pointer", typeId: type, space, trusted: false },
        });
      }),
    sizeof: () =>
      method("sizeof", [1, 1], ([name], place) => {
        const type = structNamed(types, textOf(name, place, "sizeof() takes the name of a struct"), place);
        return scalarThing(constant(BigInt(sizeOf(types(), type)), place));
      }),
    symbol: () =>
      method("symbol", [1, 1], ([name], place) => {
        const text = textOf(name, place, "symbol() takes the name of a symbol of the kernel");
        const address = symbol?.(text);
        if (address === undefined) {
          throw new Fault(place, `the kernel has no symbol "${text}"`, "grep NAME /proc/kallsyms lists them");
        }
        const type: PointerType = { kind: "pointer", typeId: 0, space: "kernel", trusted: false };
        return scalarThing({ ...constant(address, place), type });
      }),
    data: () => method("data", [3, 3], (args, place) => data(args, usual, place)),
    ...(context.kind === "registers" || context.kind === "usdt") && {
      register: () =>
        method("register", [1, 1], ([name], place) => {
          const text = textOf(name, place, "register() takes the name of a register");
          const offset = conventionOf(types()).offsetOf(text);
          if (offset === undefined) {
            throw new Fault(
              place,
              `this machine has no register "${text}"`,
              "they are called as the members of struct pt_regs: ip, sp, ax",
            );
          }
          return scalarThing({ kind: "context", type: U64, place, offset, size: 8 });
        }),
    },
  };
}

function structNamed(types: () => Btf, name: string, place: Place): number {
  const plain = name.replace(/^(struct|union) /, "");
  const found = types().find(plain, "struct") ?? types().find(plain, "union");
  if (found) return found.id;
  throw new Fault(place, `this kernel has no struct "${plain}"`);
}

/** Calls a helper, or a function that the kernel has for programs (kfunc), which its BTF knows. */
function calls(types: () => Btf, name: string, args: readonly Thing[], place: Place): Thing {
  const given = args.map((arg) => argumentOf(arg, place));
  if (Object.hasOwn(HELPERS, name)) {
    const helper = name as HelperName;
    return pointerThing(types, {
      kind: "helper",
      type: helperType(types, helper),
      place,
      helper,
      arguments: given,
    });
  }
  const found = types().find(name, "function");
  const prototype = found && types().type(found.typeId);
  if (!found || prototype?.kind !== "prototype") {
    throw new Fault(place, `the kernel has no helper "${name}"${closest(name, Object.keys(HELPERS))}`);
  }
  const type = resultType(types(), prototype.returnTypeId);
  return pointerThing(types, { kind: "kfunc", type, place, function: found.id, arguments: given });
}

/** Helpers that return what the verifier knows the type of: `bpf_helper_defs` of the kernel, `RET_PTR_TO_BTF_ID`. */
const RETURNED: Readonly<Partial<Record<HelperName, string>>> = {
  bpf_get_current_task_btf: "task_struct",
  bpf_task_pt_regs: "pt_regs",
  bpf_sock_from_file: "socket",
  bpf_skc_to_tcp_sock: "tcp_sock",
  bpf_skc_to_tcp6_sock: "tcp6_sock",
  bpf_skc_to_tcp_timewait_sock: "tcp_timewait_sock",
  bpf_skc_to_tcp_request_sock: "tcp_request_sock",
  bpf_skc_to_udp6_sock: "udp6_sock",
  bpf_skc_to_unix_sock: "unix_sock",
  bpf_skc_to_mptcp_sock: "mptcp_sock",
};

function helperType(types: () => Btf, name: HelperName): IntType | PointerType {
  const struct = RETURNED[name];
  if (struct === undefined) return S64;
  const typeId = types().find(struct, "struct")?.id ?? 0;
  return { kind: "pointer", typeId, space: "kernel", trusted: true };
}

function resultType(btf: Btf, typeId: number): IntType | PointerType {
  const type = skipModifiers(btf, typeId);
  if (type.kind === "pointer") {
    return { kind: "pointer", typeId: type.typeId, space: "kernel", trusted: true };
  }
  return intTypeOf(btf, typeId) ?? S64;
}

/** The context itself, a text by its address, or a number. */
function argumentOf(thing: Thing, place: Place): Argument {
  if (thing.kind === "namespace" && thing.isContext) return { kind: "contextItself" };
  if (thing.kind === "text") return { kind: "textItself", text: thing.value };
  return scalarOf(thing, place);
}

/** What is at an address: so many bytes, as far as there is room for them. */
function data([from, length, most]: readonly Thing[], usual: PointerType["space"], place: Place): Thing {
  const type = dataType(most as Thing, place);
  const address = scalarOf(from as Thing, place);
  const space = address.type.kind === "pointer" ? address.type.space : usual;
  return {
    kind: "capture",
    value: {
      kind: "block",
      type,
      place,
      address: { ...address, type: { kind: "pointer", typeId: 0, space, trusted: false } },
      length: scalarOf(length as Thing, place),
    },
  };
}
