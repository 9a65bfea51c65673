/**
 * What a function is called with: `c.args`.
 *
 * @module
 */
import { type Btf, skipModifiers, typeName } from "../../btf/core.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { type IntType, IPV6, MAC, type PointerType, U32, U64, type WholeType } from "../ir/type.ts";
import { scalarOf } from "./convert.ts";
import type { ContextSpec, FieldSpec, ParameterSpec } from "./environment.ts";
import { type Members, namespaceOf } from "./members.ts";
import { pointerThing } from "./memory.ts";
import { inNetworkOrder, intTypeOf, isAddress, shownAs } from "./integers.ts";
import { registerArguments, registerResult } from "./registers.ts";
import { type Namespace, scalarThing, type Thing } from "./thing.ts";
import { usdtArguments } from "./usdt.ts";

/** The arguments of a context. */
export function parametersOf(context: ContextSpec, types: () => Btf): Namespace {
  switch (context.kind) {
    case "typed":
      return namespaceOf(
        "the list of arguments",
        Object.fromEntries(
          context.parameters.map((parameter, i) =>
            [parameter.name, (place: Place) => typedParameter(types, parameter, i, place)] as const
          ),
        ),
      );
    case "fields": {
      const members: Members = Object.fromEntries(
        context.fields.map((field) =>
          [field.name, (place: Place) => fieldThing(types, field, context.space, place)] as const
        ),
      );
      return namespaceOf("the tracepoint", members);
    }
    case "registers":
      return registerArguments(context, types);
    case "usdt":
      return usdtArguments(context);
    default:
      return namespaceOf("the list of arguments", {});
  }
}

/** What a function returned; behind the arguments where these are typed. */
export function resultOf(context: ContextSpec, types: () => Btf, place: Place): Thing {
  if (context.kind === "registers") return registerResult(context, types, place);
  if (context.kind !== "typed" || context.result === undefined) return { kind: "undefined" };
  return typedParameter(types, { name: "retval", typeId: context.result }, context.parameters.length, place);
}

/** In 8 bytes each, filled up with zeroes: `__CAST_TO_U64` in `include/trace/bpf_probe.h`. */
function typedParameter(
  types: () => Btf,
  { name, typeId }: ParameterSpec,
  index: number,
  place: Place,
): Thing {
  const type = skipModifiers(types(), typeId);
  const context = { kind: "context", place, offset: index * 8, size: 8 } as const;
  if (type.kind === "struct" && type.members.length === 1 && type.members[0]) {
    // By value, as its only member: kuid_t
    return typedParameter(types, { name, typeId: type.members[0].typeId }, index, place);
  }
  switch (type.kind) {
    case "pointer":
      return pointerThing(types, {
        ...context,
        type: { kind: "pointer", typeId: type.typeId, space: "kernel", trusted: true },
      });
    case "int":
    case "enum": {
      const known = intTypeOf(types(), typeId) ?? intOf(type.size, type.signed);
      return scalarThing(inNetworkOrder(types(), typeId, { ...context, type: known }, name));
    }
    default:
      throw new Fault(place, `argument "${name}" is ${typeName(types(), typeId)}, which cannot be read`);
  }
}

function fieldThing(types: () => Btf, field: FieldSpec, space: "kernel" | "user", place: Place): Thing {
  const { name, type, offset, size, signed, length, elsewhere } = field;
  if (elsewhere) {
    if (!type.startsWith("char")) {
      throw new Fault(place, `"${name}" is data of another kind than text, which cannot be read`);
    }
    return textAt(placeElsewhere(offset, place), 256, place);
  }
  if (length !== undefined) {
    if (/\bchar$/.test(type)) {
      return textAt({ kind: "contextAddress", type: addressOf(0, "kernel"), place, offset }, length, place);
    }
    return elementsOf(field, length, place);
  }
  if (type.endsWith("*")) {
    const pointee = type.slice(0, -1).replace(/\b(const|volatile)\b/g, "").trim();
    const [, kind, tag] = /^(struct|union) (\w+)$/.exec(pointee) ?? [];
    const found = kind === "struct" || kind === "union" ? types().find(tag ?? "", kind)?.id : undefined;
    return pointerThing(types, {
      kind: "context",
      type: addressOf(found ?? 0, space),
      place,
      offset,
      size: 8,
    });
  }
  const [ownSize, isSigned] = size === 8 ? intNamed(types, type) : [size, signed];
  const shown = field.shown ?? shownAs(type);
  const loaded = { ...intOf(Math.min(ownSize, size), isSigned), ...shown && { shown } };
  const value: Scalar = { kind: "context", type: loaded, place, offset, size: loaded.size };
  if (type !== "__be16" && type !== "__be32" && type !== "__be64") return scalarThing(value);
  if (isAddress(loaded.size, name)) return scalarThing({ ...value, type: { ...loaded, shown: "ipv4" } });
  return scalarThing({ kind: "swap", type: loaded, place, of: value, size: loaded.size as 2 | 4 | 8 });
}

/** Sizes in bytes and signs of what most system calls take, to do without the types of the kernel. */
const C_INTS: Readonly<Record<string, readonly [size: number, signed: boolean]>> = {
  "int": [4, true],
  "unsigned int": [4, false],
  "unsigned": [4, false],
  "short": [2, true],
  "unsigned short": [2, false],
  "u32": [4, false],
  "long": [8, true],
  "unsigned long": [8, false],
  "u64": [8, false],
  "s64": [8, true],
  "size_t": [8, false],
  "ssize_t": [8, true],
  "pid_t": [4, true],
  "uid_t": [4, false],
  "gid_t": [4, false],
  "umode_t": [2, false],
};

/** Fields of system calls have 8 bytes whatever their types (`syscall_get_enter_fields`), and 0 for their sign. */
function intNamed(types: () => Btf, name: string): readonly [size: number, signed: boolean] {
  const usual = Object.hasOwn(C_INTS, name) ? C_INTS[name] : undefined;
  if (usual) return usual;
  const btf = types();
  const found = btf.find(name, "int") ?? btf.find(name, "typedef");
  const type = found && skipModifiers(btf, found.id);
  return type?.kind === "int" ? [type.size, type.signed] : [8, false];
}

function intOf(size: number, signed: boolean): IntType {
  return { kind: "int", size: size === 1 || size === 2 || size === 4 ? size : 8, signed };
}

function addressOf(typeId: number, space: "kernel" | "user"): PointerType {
  return { kind: "pointer", typeId, space, trusted: false };
}

function textAt(address: Scalar, size: number, place: Place): Thing {
  return { kind: "text", value: { kind: "string", type: { kind: "text", size }, place, address } };
}

/** The low half of a `__data_loc` is an offset in the context: `include/trace/stages/stage4_event_cb.h`. */
function placeElsewhere(offset: number, place: Place): Scalar {
  const where: Scalar = { kind: "context", type: intOf(2, false), place, offset, size: 2 };
  return {
    kind: "arithmetic",
    type: addressOf(0, "kernel"),
    place,
    operator: "+",
    signed: false,
    left: { kind: "contextAddress", type: U64, place, offset: 0 },
    right: where,
  };
}

function elementsOf(field: FieldSpec, length: number, place: Place): Thing {
  const { name, offset, size, signed, address } = field;
  const each = size / length;
  if (address === "ipv4" && size === 4 && offset % 4 === 0) {
    return scalarThing({ kind: "context", type: { ...U32, shown: "ipv4" }, place, offset, size: 4 });
  }
  const here: Scalar = { kind: "contextAddress", type: addressOf(0, "kernel"), place, offset };
  const long = address === "ipv6" ? IPV6 : address === "mac" ? MAC : undefined;
  const type: WholeType = { kind: "array", of: intOf(each, signed), length, size };
  const elements: Namespace = {
    ...namespaceOf(`the array "${name}"`, {}),
    whole: (place) => ({ kind: "copy", type, place, address: here }),
    index(index) {
      const value = scalarOf(index, place);
      if (value.kind !== "constant") throw new Fault(place, `elements of "${name}" have constant numbers`);
      const at = Number(value.value);
      if (at < 0 || at >= length) throw new Fault(place, `"${name}" has ${length} elements, no number ${at}`);
      const type = intOf(each, signed);
      return scalarThing({ kind: "context", type, place, offset: offset + at * each, size: type.size });
    },
  };
  if (long?.size !== size) return elements;
  return {
    kind: "address",
    value: { kind: "addressAt", type: long, place, base: here, offset: 0 },
    members: elements,
  };
}
