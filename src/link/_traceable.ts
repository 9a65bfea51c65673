/**
 * Functions that programs with typed arguments can be called from.
 *
 * @module
 */
import { type Btf, type BtfPrototype, sizeOf, skipModifiers } from "../btf/core.ts";

/** `MAX_BPF_FUNC_ARGS` of include/linux/bpf.h. */
const MOST_PARAMETERS = 12;
/** A parameter goes by value in two registers at most: `btf_distill_func_proto` in kernel/bpf/btf.c. */
const LARGEST_PARAMETER = 16;

/** The ids of the functions of these types whose names match, without those that the kernel refuses by their types. */
export function traceableFunctions(btf: Btf, name: RegExp, start = 1): number[] {
  const ids: number[] = [];
  for (let id = start; id < btf.count; id++) {
    if (btf.kindOf(id) === "function" && name.test(btf.nameOf(id)) && isTraceable(btf, id)) ids.push(id);
  }
  return ids;
}

function isTraceable(btf: Btf, id: number): boolean {
  const type = btf.type(id);
  const prototype = type.kind === "function" ? btf.type(type.typeId) : type;
  if (prototype.kind !== "prototype" || prototype.parameters.length > MOST_PARAMETERS) return false;
  return returnsScalar(btf, prototype) && prototype.parameters.every(({ typeId }) => isPassed(btf, typeId));
}

function returnsScalar(btf: Btf, { returnTypeId }: BtfPrototype): boolean {
  return !["struct", "union", "float"].includes(skipModifiers(btf, returnTypeId).kind);
}

/** `...` has the type void, too. */
function isPassed(btf: Btf, typeId: number): boolean {
  switch (skipModifiers(btf, typeId).kind) {
    case "int":
    case "pointer":
    case "enum":
    case "struct":
    case "union":
      return sizeOf(btf, typeId) <= LARGEST_PARAMETER;
    default:
      return false;
  }
}
