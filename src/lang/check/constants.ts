/**
 * Numbers and texts that are known when a function is compiled.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import { constant } from "./convert.ts";
import type { Plain } from "./environment.ts";
import { scalarThing, type Thing } from "./thing.ts";

/** A number, text or list of the script, as it was when the function was compiled. */
export function constantThing(value: Plain | readonly Plain[], place: Place): Thing {
  return isList(value)
    ? { kind: "list", items: value.map((one) => plainThing(one, place)) }
    : plainThing(value, place);
}

function isList(value: Plain | readonly Plain[]): value is readonly Plain[] {
  return Array.isArray(value);
}

function plainThing(value: Plain, place: Place): Thing {
  switch (typeof value) {
    case "string":
      return textThing(value, place);
    case "boolean":
      return { kind: "condition", condition: { kind: "always", place, value } };
    case "number":
      if (!Number.isSafeInteger(value)) {
        throw new Fault(place, `${value} is no whole number below 2^53`, "round it, or pass a bigint");
      }
      return scalarThing(constant(BigInt(value), place));
    case "bigint":
      return scalarThing(constant(value, place));
  }
  throw new Fault(
    place,
    `a kernel function cannot be handed ${value === null ? "null" : `a value of the type ${typeof value}`}`,
    "pass numbers, texts, booleans, lists of them, and what is shared",
  );
}

/** Text of the source. */
export function textThing(text: string, place: Place): Thing {
  const size = new TextEncoder().encode(text).length + 1;
  return { kind: "text", value: { kind: "textConstant", type: { kind: "text", size }, place, text } };
}
