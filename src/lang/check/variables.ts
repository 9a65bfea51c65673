/**
 * Variables: what keeps which thing.
 *
 * @module
 */
import type { Btf } from "../../btf/core.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Address, Effect, Optional, Scalar, Text, Variable } from "../ir/tree.ts";
import { type OptionalType, S64, sameType, U64, VOID } from "../ir/type.ts";
import { scalarOf } from "./convert.ts";
import { optionalThing, pointerThing } from "./memory.ts";
import type { Entry, Scope } from "./scope.ts";
import { describe, scalarThing, type Thing } from "./thing.ts";

/** Whether a variable may change, as const and let say, and whether something changes it. */
export type Change = "fixed" | "unchanged" | "changing";

/** Declares a name for what a thing is now; returns what keeps it, which comes first. */
export function declareAs(scope: Scope, name: string, thing: Thing, change: Change, place: Place): Effect[] {
  const fixed = change === "fixed";
  if (thing.kind === "undefined" && change === "changing") return declareLate(scope, name, place);
  // What is known stays known, also where minifiers write let for const
  const variable = change !== "changing" && !variableFor(name, thing, true)
    ? undefined
    : variableFor(name, thing, fixed);
  if (!variable) {
    scope.declare(name, { thing }, place);
    return [];
  }
  scope.declare(name, { ...entryOf(variable, place, scope.types), ...(!fixed && { variable }) }, place);
  return [{ kind: "set", type: VOID, place, variable, value: held(thing, place) }];
}

/** Declares a name that has no value yet: the first one that it is given says what it is, and until then it is missing. */
export function declareLate(scope: Scope, name: string, place: Place): Effect[] {
  const variable: { name: string; type: Variable["type"] } = { name, type: optional(S64) };
  let known = false;
  scope.declare(name, {
    variable,
    get thing() {
      known = true;
      return thingOf(variable, place, scope.types);
    },
    begin(first) {
      if (known || first.kind === "undefined") return;
      known = true;
      const type = variableFor(name, first, false)?.type ??
        (first.kind === "text" ? first.value.type : undefined);
      if (!type || type.kind === "address") {
        throw new Fault(place, `"${name}" cannot keep ${describe(first)}`, "declare it with its value");
      }
      variable.type = type.kind === "optional" || type.kind === "text" ? type : optional(type);
    },
  }, place);
  return [{ kind: "declare", type: VOID, place, variable }];
}

function optional(of: OptionalType["of"]): OptionalType {
  return { kind: "optional", of };
}

/** The variable that keeps what a thing is now; `undefined` for what is no value, and what does not change. */
export function variableFor(name: string, thing: Thing, fixed: boolean): Variable | undefined {
  switch (thing.kind) {
    case "scalar": {
      const { value } = thing;
      if (fixed) return value.kind === "constant" ? undefined : { name, type: value.type };
      // It may be added to beyond its size, and subtracted from
      return { name, type: value.type.kind === "pointer" ? value.type : isUnsigned64(value) ? U64 : S64 };
    }
    case "condition":
      if (fixed && thing.condition.kind === "always") return undefined;
      return { name, type: { kind: "int", size: 1, signed: false, shown: "boolean" } };
    case "optional":
      // Where a header is, is not kept: it is found anew
      if (thing.value.kind === "header") return undefined;
      return { name, type: thing.value.type };
    case "address":
      return { name, type: thing.value.type };
    case "text":
      if (fixed && thing.value.kind === "textConstant") return undefined;
      return { name, type: thing.value.type };
    case "namespace":
      return thing.address ? { name, type: thing.address.type } : undefined;
    default:
      return undefined;
  }
}

function isUnsigned64({ type }: Scalar): boolean {
  return type.kind === "int" && type.size === 8 && !type.signed;
}

/** What a variable is set to. */
export function held(thing: Thing, place: Place): Scalar | Optional | Text | Address {
  return thing.kind === "optional" || thing.kind === "text" || thing.kind === "address"
    ? thing.value
    : scalarOf(thing, place);
}

function entryOf(variable: Variable, place: Place, types: () => Btf): Entry {
  return { thing: thingOf(variable, place, types) };
}

/** What a variable is as a thing. */
export function thingOf(variable: Variable, place: Place, types: () => Btf): Thing {
  const { type } = variable;
  switch (type.kind) {
    case "optional":
      return optionalThing(types, { kind: "optionalVariable", type, place, variable });
    case "address":
      return { kind: "address", value: { kind: "addressVariable", type, place, variable } };
    case "text":
      return { kind: "text", value: { kind: "textVariable", type, place, variable } };
    case "pointer":
      return pointerThing(types, { kind: "variable", type, place, variable });
    case "int":
      return scalarThing({ kind: "variable", type, place, variable });
  }
}

/** How a variable is given another value. */
interface Assignment {
  readonly variable: Variable;
  readonly given: Thing;
  /** Whether it is worth what it was before: `n++`. */
  readonly before?: boolean;
}

/** Gives a variable another value: a number, and what may be missing, as a value itself, all else for its effect. */
export function assigned(
  { variable, given, before = false }: Assignment,
  place: Place,
  types: () => Btf,
): Thing {
  const { type, name } = variable;
  if (type.kind === "text") {
    if (given.kind !== "text") {
      throw new Fault(place, `"${name}" is text, and this is ${describe(given)}`, "declare another variable");
    }
    if (given.value.type.size > type.size && given.value.kind !== "string") {
      throw new Fault(
        place,
        `"${name}" has ${type.size} bytes, and this text may have ${given.value.type.size}`,
        "declare it with the longest text first, or a variable for each",
      );
    }
    return changing({ kind: "change", type: VOID, place, variable, value: given.value });
  }
  if (type.kind === "address") {
    if (given.kind === "address" && sameType(type, given.value.type)) {
      return changing({ kind: "set", type: VOID, place, variable, value: given.value });
    }
    throw new Fault(
      place,
      `"${name}" is an address, and this is ${describe(given)}`,
      "declare another variable",
    );
  }
  if (given.kind === "text") {
    throw new Fault(place, `"${name}" is a number, and this is text`, "declare another variable");
  }
  if (type.kind === "optional" && (given.kind === "undefined" || given.kind === "optional")) {
    const value = given.kind === "optional" ? given.value : undefined;
    const change: Effect = { kind: "change", type: VOID, place, variable, value };
    const now: Optional = { kind: "optionalVariable", type, place, variable };
    return optionalThing(types, { kind: "optionalAfter", type, place, effects: [change], value: now });
  }
  const own = type.kind === "optional" ? type.of : type;
  return scalarThing({ kind: "assign", type: own, place, variable, value: scalarOf(given, place), before });
}

function changing(effect: Effect): Thing {
  return { kind: "effect", effect };
}
