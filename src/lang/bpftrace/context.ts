/**
 * What a program is called with: `args->`, `arg0`, `retval`.
 *
 * @module
 */
import { skipModifiers } from "../../btf/core.ts";
import { closest } from "../../names.ts";
import type { ContextSpec, FieldSpec, ParameterSpec } from "../check/environment.ts";
import { conventionOf } from "../check/registers.ts";
import { usdtArgument } from "../check/usdt.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { U64 } from "../ir/type.ts";
import type { Lowering } from "./lowering.ts";
import { addressType } from "./memory.ts";
import { typeOfBtf } from "./structs.ts";
import { INT64, type IntType, STRING_SIZE, UINT64 } from "./types.ts";
import { scalarValue, textValue, type Value } from "./value.ts";

/** `args->name`. */
export function argumentNamed(lowering: Lowering, name: string, place: Place): Value {
  lowering.isSpecific = true;
  const { context, probe } = lowering.site;
  switch (context.kind) {
    case "fields": {
      const field = context.fields.find((field) => field.name === name);
      if (field) return fieldValue(lowering, field, context.space, place);
      throw unknown(probe, name, context.fields.map(({ name }) => name), place);
    }
    case "typed": {
      const index = context.parameters.findIndex((parameter) => parameter.name === name);
      const parameter = context.parameters[index];
      if (parameter) return typedValue(lowering, parameter, index, place);
      throw unknown(probe, name, context.parameters.map(({ name }) => name), place);
    }
    default:
      throw new Fault(place, `${probe} has no args`, "its arguments are arg0, arg1, …");
  }
}

function unknown(probe: string, name: string, names: readonly string[], place: Place): Fault {
  const near = closest(name, names);
  return new Fault(
    place,
    `${probe} has no argument "${name}"${near === "" ? `: it has ${names.join(", ")}` : near}`,
  );
}

/** A field of a tracepoint. */
function fieldValue(lowering: Lowering, field: FieldSpec, space: "kernel" | "user", place: Place): Value {
  const { offset, size, type: text, elsewhere, length, signed } = field;
  if (elsewhere) {
    // The low half of a `__data_loc` is an offset in the context: include/trace/stages/stage4_event_cb.h
    const where = {
      kind: "context",
      type: { kind: "int", size: 2, signed: false },
      place,
      offset,
      size: 2,
    } as const;
    const address: Scalar = {
      kind: "arithmetic",
      type: addressType("kernel"),
      place,
      operator: "+",
      signed: false,
      left: { kind: "contextAddress", type: U64, place, offset: 0 },
      right: where,
    };
    return textValue({ kind: "string", type: { kind: "text", size: STRING_SIZE }, place, address });
  }
  if (length !== undefined) {
    const address: Scalar = { kind: "contextAddress", type: addressType("kernel"), place, offset };
    if (/\bchar$/.test(text)) {
      return textValue({ kind: "string", type: { kind: "text", size: length }, place, address });
    }
    const of: IntType = { kind: "int", size: sizeOfInt(size / length), signed };
    return scalarValue({ kind: "array", of, length }, address);
  }
  const known = lowering.declarations.written(text, space);
  const tree = known?.kind === "pointer" ? addressType(space) : undefined;
  const own = sizeOfInt(size);
  const isBelowZero = known?.kind === "int" ? known.signed : signed;
  const scalar: Scalar = {
    kind: "context",
    type: tree ?? { kind: "int", size: own, signed: isBelowZero },
    place,
    offset,
    size: own,
  };
  return scalarValue(
    known?.kind === "pointer" ? known : { kind: "int", size: own, signed: isBelowZero },
    scalar,
  );
}

function sizeOfInt(size: number): 1 | 2 | 4 | 8 {
  return size === 1 || size === 2 || size === 4 ? size : 8;
}

/** An argument that the verifier knows the type of: in 8 bytes each. */
function typedValue(lowering: Lowering, { typeId }: ParameterSpec, index: number, place: Place): Value {
  const type = typeOfBtf(lowering.host.types(), typeId, "kernel");
  const context = { kind: "context", place, offset: index * 8, size: 8 } as const;
  if (type.kind === "pointer") return scalarValue(type, { ...context, type: addressType("kernel", true) });
  const int = type.kind === "int" ? type : UINT64;
  return scalarValue(int, {
    ...context,
    size: int.size,
    type: { kind: "int", size: int.size, signed: int.signed },
  });
}

/** `arg0` and on: in registers, or the raw arguments of a raw tracepoint. */
export function argumentAt(lowering: Lowering, index: number, place: Place): Value {
  const { host, site } = lowering;
  const { context, probe } = site;
  if (context.kind === "typed") return raw(index * 8, "kernel", place);
  if (context.kind === "usdt") {
    lowering.isSpecific = true;
    const scalar = usdtArgument(context.ways, index, place);
    const { type } = scalar;
    if (type.kind !== "int" || type.size < 8) return scalarValue(type.kind === "int" ? type : UINT64, scalar);
    return scalarValue(type, { ...scalar, type: addressType("user") });
  }
  if (context.kind !== "registers" || context.at !== "call") {
    throw new Fault(place, `${probe} has no arg${index}`, "it is for kprobes, uprobes and raw tracepoints");
  }
  const { arguments: offsets, stack } = conventionOf(host.types());
  const offset = offsets[index];
  if (offset !== undefined) return raw(offset, context.space, place);
  return stackSlot(stack, index - offsets.length + 1, context.space, place);
}

/** `sarg0` and on: what is on the stack, behind the place that is returned to. */
export function stackArgument({ host, site }: Lowering, index: number, place: Place): Value {
  const { context, probe } = site;
  if (context.kind !== "registers") throw new Fault(place, `${probe} has no sarg${index}`);
  return stackSlot(conventionOf(host.types()).stack, index + 1, context.space, place);
}

function stackSlot(register: number, slot: number, space: "kernel" | "user", place: Place): Value {
  const address: Scalar = { kind: "context", type: addressType(space), place, offset: register, size: 8 };
  return scalarValue(UINT64, { kind: "load", type: U64, place, address, offset: slot * 8, size: 8 });
}

function raw(offset: number, space: "kernel" | "user", place: Place): Value {
  // A plain number, which is yet known to be of that memory where it is used as an address
  return scalarValue(UINT64, { kind: "context", type: addressType(space), place, offset, size: 8 });
}

/** `reg("ip")`: a register by the name that the kernel gives it. */
export function registerNamed({ host, site }: Lowering, name: string, place: Place): Value {
  const { context, probe } = site;
  if (context.kind !== "registers" && site.kind !== "perf_event") {
    throw new Fault(place, `${probe} has no registers`);
  }
  const offset = conventionOf(host.types()).offsetOf(name);
  if (offset === undefined) throw new Fault(place, `the processor has no register "${name}"`);
  return raw(offset, context.kind === "registers" ? context.space : "kernel", place);
}

/** `retval`. */
export function returned(lowering: Lowering, place: Place): Value {
  const { host, site: { context, probe } } = lowering;
  if (context.kind === "typed" && context.result !== undefined) {
    return typedValue(lowering, { name: "retval", typeId: context.result }, context.parameters.length, place);
  }
  if (context.kind !== "registers" || context.at !== "return") {
    throw new Fault(place, `${probe} has no retval`, "it is for kretprobe, uretprobe and kretfunc");
  }
  const { result } = conventionOf(host.types());
  return scalarValue(UINT64, {
    kind: "context",
    type: addressType(context.space),
    place,
    offset: result,
    size: 8,
  });
}

/** Where code is: the function that a probe is at. */
export function codeAddress({ host, site }: Lowering, place: Place): Scalar {
  const { context, probe } = site;
  if (context.kind !== "registers") {
    throw new Fault(place, `${probe} has no func`, "it is for kprobes and uprobes");
  }
  if (context.space === "kernel") {
    return {
      kind: "helper",
      type: U64,
      place,
      helper: "bpf_get_func_ip",
      arguments: [{ kind: "contextItself" }],
    };
  }
  const offset = conventionOf(host.types()).offsetOf("ip") ?? conventionOf(host.types()).offsetOf("pc") ?? 0;
  return { kind: "context", type: U64, place, offset, size: 8 };
}

/** What the kernel's contexts hold, as an address: `ctx`. */
export function contextValue({ host }: Lowering, context: ContextSpec, place: Place): Value {
  const name = context.kind === "registers" ? "pt_regs" : undefined;
  const found = name && host.types().find(name, "struct");
  const to = () =>
    found ? typeOfBtf(host.types(), skipModifiers(host.types(), found.id).id, "kernel") : INT64;
  const address: Scalar = { kind: "contextAddress", type: addressType("kernel"), place, offset: 0 };
  return scalarValue({ kind: "pointer", to, name: name ?? "void", space: "kernel" }, address);
}
