/**
 * Lists of the kernel's objects: what an iterator is called with for each (`struct bpf_iter__…`), and what it writes.
 *
 * @module
 */
import { type Btf, skipModifiers, typeName } from "../../btf/core.ts";
import { Fault, type Place, START } from "../ir/place.ts";
import type { Scalar, Statement, Variable } from "../ir/tree.ts";
import { type IntType, type PointerType, VOID } from "../ir/type.ts";
import { constant } from "./convert.ts";
import type { ContextSpec, ParameterSpec } from "./environment.ts";
import type { Members } from "./members.ts";
import { pointerThing } from "./memory.ts";
import { scalarThing, type Thing } from "./thing.ts";

type Iterator = Extract<ContextSpec, { kind: "iterator" }>;

/** What an iterator knows: its members, and what is to be done before the function begins. */
export interface Iteration {
  /** By name: `meta`, `task`, `fd`. */
  readonly members: Members;
  /** Leaves where there is no object: the kernel calls once more behind the last one. */
  readonly first: readonly Statement[];
}

/** What is known of an object. Those that are there are kept, as the verifier would ask again of each that is loaded. */
export function iterationOf({ parameters }: Iterator, types: () => Btf): Iteration {
  const all = parameters.map((parameter, i) => {
    const value = inContext(types(), parameter, i);
    if (i === 0 || value.type.kind !== "pointer") return { name: parameter.name, value, first: [] };
    const variable: Variable = { name: parameter.name, type: value.type };
    const kept: Scalar = { kind: "variable", type: value.type, place: START, variable };
    return { name: parameter.name, value: kept, first: keep(variable, value, kept) };
  });
  const members = all.map(({ name, value }) =>
    [name, (place: Place) => objectThing(types, { ...value, place })] as const
  );
  return { members: Object.fromEntries(members), first: all.flatMap(({ first }) => first) };
}

function keep(variable: Variable, value: Scalar, kept: Scalar): Statement[] {
  const place = START;
  const leave: Statement = { kind: "return", place, value: constant(0n, place) };
  return [
    { kind: "effect", place, effect: { kind: "set", type: VOID, place, variable, value } },
    { kind: "if", place, condition: { kind: "truth", place, of: kept }, then: [], otherwise: [leave] },
  ];
}

/** Each begins at a multiple of 8 bytes, and behind numbers is nothing that was written. */
function inContext(btf: Btf, { name, typeId }: ParameterSpec, index: number): Scalar {
  const type = skipModifiers(btf, typeId);
  const context = { kind: "context", place: START, offset: index * 8 } as const;
  switch (type.kind) {
    case "pointer": {
      const pointer: PointerType = { kind: "pointer", typeId: type.typeId, space: "kernel", trusted: true };
      return { ...context, size: 8, type: pointer };
    }
    case "int":
    case "enum": {
      const size = type.size === 1 || type.size === 2 || type.size === 4 ? type.size : 8;
      const int: IntType = { kind: "int", size, signed: type.signed };
      return { ...context, size, type: int };
    }
    default:
      throw new Fault(START, `"${name}" is ${typeName(btf, typeId)}, which cannot be read`);
  }
}

function objectThing(types: () => Btf, value: Scalar): Thing {
  return value.type.kind === "pointer" ? pointerThing(types, value) : scalarThing(value);
}

/** What a record that is sent is in a list: a part of it. */
export function rowOf(sent: Thing): Thing {
  if (sent.kind !== "effect" || sent.effect.kind !== "emit") return sent;
  const { map: _, ...record } = sent.effect;
  return { kind: "effect", effect: { ...record, kind: "write" } };
}
