/**
 * Arguments and results in registers: `struct pt_regs`, which programs at probes of functions are called with.
 *
 * @module
 */
import { type Btf, findMember, skipModifiers } from "../../btf/core.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { type IntType, type PointerType, S64 } from "../ir/type.ts";
import { scalarOf } from "./convert.ts";
import type { ContextSpec } from "./environment.ts";
import { unknownMember } from "./members.ts";
import { pointerThing } from "./memory.ts";
import { inNetworkOrder, intTypeOf } from "./integers.ts";
import { type Namespace, scalarThing, type Thing } from "./thing.ts";

type Registers = Extract<ContextSpec, { kind: "registers" }>;

/** The first arguments of functions on x86-64, by the names of the kernel, and what is returned: the System V ABI. */
const X86_64 = { arguments: ["di", "si", "dx", "cx", "r8", "r9"], result: "ax" } as const;
/** On aarch64 the first eight are in x0 to x7, and x0 is returned. They come first in the struct. */
const AARCH64_ARGUMENTS = 8;

/** Where arguments and results are, in bytes from the start of the context. */
export interface Convention {
  readonly arguments: readonly number[];
  readonly result: number;
  /** Where the stack is. */
  readonly stack: number;
  /** Where a register is, by the name that the kernel has for it; `undefined` where there is none. */
  offsetOf(name: string): number | undefined;
}

/** By the members that the struct has on this machine. */
export function conventionOf(btf: Btf): Convention {
  const registers = btf.find("pt_regs", "struct");
  const offsetOf = (name: string) => {
    const found = registers && findMember(btf, registers, name);
    return found && found.bitOffset / 8;
  };
  const stack = offsetOf("sp") ?? 0;
  if (registers && findMember(btf, registers, X86_64.result)) {
    return {
      arguments: X86_64.arguments.map((name) => offsetOf(name) ?? 0),
      result: offsetOf(X86_64.result) ?? 0,
      stack,
      offsetOf,
    };
  }
  return {
    arguments: Array.from({ length: AARCH64_ARGUMENTS }, (_, i) => i * 8),
    result: 0,
    stack,
    offsetOf,
  };
}

/** The arguments of a call, by number and, of the kernel's functions, by name. */
export function registerArguments(context: Registers, types: () => Btf): Namespace {
  const { parameters } = context;
  const what = "the list of arguments";
  const at = (index: number, place: Place) => argument(context, types, index, place);
  return {
    kind: "namespace",
    what,
    member(name, place) {
      const index = parameters.findIndex((parameter) => parameter.name === name);
      if (index < 0) throw unknownMember(what, name, parameters.map(({ name }) => name), place);
      return at(index, place);
    },
    index(index, place) {
      const value = scalarOf(index, place);
      if (value.kind !== "constant") throw new Fault(place, "arguments have constant numbers: c.args[0]");
      return at(Number(value.value), place);
    },
  };
}

function argument(context: Registers, types: () => Btf, index: number, place: Place): Thing {
  const offset = conventionOf(types()).arguments[index];
  if (offset === undefined) throw new Fault(place, `argument ${index} is in no register, but on the stack`);
  const { name = "", typeId } = context.parameters[index] ?? {};
  return inRegister(context, types, offset, { name, typeId }, place);
}

/** What a call returned. */
export function registerResult(context: Registers, types: () => Btf, place: Place): Thing {
  const { result } = conventionOf(types());
  return inRegister(context, types, result, { name: "retval", typeId: context.result }, place);
}

/** A register as what its type says; bits beyond the size of a number say nothing. */
function inRegister(
  { space }: Registers,
  types: () => Btf,
  offset: number,
  { name, typeId }: { readonly name: string; readonly typeId: number | undefined },
  place: Place,
): Thing {
  const type = typeId === undefined ? undefined : skipModifiers(types(), typeId);
  const whole = { kind: "context", place, offset, size: 8 } as const;
  if (type?.kind === "pointer") {
    const pointer: PointerType = { kind: "pointer", typeId: type.typeId, space, trusted: false };
    return pointerThing(types, { ...whole, type: pointer });
  }
  if ((type?.kind === "int" || type?.kind === "enum") && type.size < 8) {
    const size = type.size === 1 || type.size === 2 ? type.size : 4;
    const int: IntType = intTypeOf(types(), typeId ?? type.id) ?? { kind: "int", size, signed: type.signed };
    const part: Scalar = { kind: "context", type: int, place, offset, size };
    return scalarThing(inNetworkOrder(types(), typeId ?? type.id, part, name));
  }
  return scalarThing({ ...whole, type: S64 });
}
