/**
 * Things that something has to be done for first.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Scalar } from "../ir/tree.ts";
import { BOOL, VOID } from "../ir/type.ts";
import { effectOf, scalarOf } from "./convert.ts";
import { optionalThing } from "./memory.ts";
import type { Scope } from "./scope.ts";
import { describe, scalarThing, type Thing } from "./thing.ts";

/** The thing, once all of this is done. */
export function after(scope: Scope, effects: readonly Effect[], thing: Thing, place: Place): Thing {
  if (effects.length === 0) return thing;
  switch (thing.kind) {
    case "optional": {
      const { type } = thing.value;
      return optionalThing(scope.types, { kind: "optionalAfter", type, place, effects, value: thing.value });
    }
    case "text": {
      const { type } = thing.value;
      return { kind: "text", value: { kind: "textAfter", type, place, effects, value: thing.value } };
    }
    case "scalar":
    case "condition": {
      const value = scalarOf(thing, place);
      const later: Scalar = { kind: "after", type: value.type, place, effects, value };
      if (thing.kind === "scalar") return scalarThing(later);
      return { kind: "condition", condition: { kind: "truth", place, of: { ...later, type: BOOL } } };
    }
    case "effect":
    case "undefined": {
      const all = [...effects, effectOf(thing, place)];
      return { kind: "effect", effect: { kind: "effects", type: VOID, place, effects: all } };
    }
    case "namespace":
      if (thing.address) {
        return scalarThing({ kind: "after", type: thing.address.type, place, effects, value: thing.address });
      }
  }
  throw new Fault(
    place,
    `${describe(thing)} cannot come after something else`,
    "write statements of their own",
  );
}
