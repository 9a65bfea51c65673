/**
 * Lists that are known when a function is compiled, and members of texts.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Condition, Effect } from "../ir/tree.ts";
import { VOID } from "../ir/type.ts";
import { after } from "./after.ts";
import { method } from "./arguments.ts";
import { conditionOf, constant, scalarOf } from "./convert.ts";
import { namespaceOf, unknownMember } from "./members.ts";
import { comparison } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { describe, type ListThing, type RecordThing, scalarThing, type Thing } from "./thing.ts";
import { held, thingOf, variableFor } from "./variables.ts";

/** The statements are made for each element. */
const MOST_ELEMENTS = 256;

/** What for…of goes through. */
export function elementsOf(thing: Thing, place: Place): readonly Thing[] {
  const elements = listed(thing, place);
  if (!elements) {
    throw new Fault(
      place,
      `${describe(thing)} has no elements to go through`,
      "go through a list, as [80, 443], or an array of the kernel",
    );
  }
  if (elements.length > MOST_ELEMENTS) {
    throw new Fault(
      place,
      `this has ${elements.length} elements, and for…of goes through ${MOST_ELEMENTS}`,
      "ask a hash by has()",
    );
  }
  return elements;
}

function listed(thing: Thing, place: Place): readonly Thing[] | undefined {
  if (thing.kind === "list") return thing.items;
  if (thing.kind !== "namespace" || !thing.index || !thing.length) return undefined;
  const { index, length } = thing;
  return Array.from({ length }, (_, i) => index(scalarThing(constant(BigInt(i), place)), place));
}

/** An element by its number, which is known. */
export function elementOf({ items }: ListThing, index: Thing, place: Place): Thing {
  const number = scalarOf(index, place);
  if (number.kind !== "constant") {
    throw new Fault(place, "which element of a list is known when it runs alone", "go through it by for…of");
  }
  return items[Number(number.value)] ?? { kind: "undefined" };
}

/** A field of a record. */
export function fieldOf({ fields }: RecordThing, name: string, place: Place): Thing {
  const found = fields.find((field) => field.name === name);
  if (found) return found.thing;
  throw unknownMember("the record", name, fields.map((field) => field.name), place);
}

/** A member of a text or list. */
export function valueMember(
  scope: Scope,
  thing: Extract<Thing, { kind: "text" | "list" }>,
  name: string,
  place: Place,
): Thing {
  if (thing.kind === "list") {
    return namespaceOf("a list", {
      length: (place) => scalarThing(constant(BigInt(thing.items.length), place)),
      includes: () =>
        method("includes", [1, 1], ([wanted = NOTHING], place) => includes(scope, thing, wanted, place)),
    }).member(name, place);
  }
  return namespaceOf("text", {
    startsWith: () =>
      method("startsWith", [1, 1], ([start = NOTHING], place) => startsWith(thing, start, place)),
    length: (place) => {
      if (thing.value.kind === "textConstant") {
        return scalarThing(constant(BigInt(thing.value.text.length), place));
      }
      throw new Fault(place, "the kernel does not count characters", 'compare the text with "", or send it');
    },
  }).member(name, place);
}

const NOTHING: Thing = { kind: "undefined" };

function includes(scope: Scope, { items }: ListThing, wanted: Thing, place: Place): Thing {
  const variable = variableFor("wanted", wanted, true);
  const effects: Effect[] = variable
    ? [{ kind: "set", type: VOID, place, variable, value: held(wanted, place) }]
    : [];
  const value = variable ? thingOf(variable, place, scope.types) : wanted;
  const any = items.map((item) => conditionOf(comparison("==", value, item, place), place)).reduce(
    (left, right): Condition => ({ kind: "either", place, left, right }),
    { kind: "always", place, value: false },
  );
  return after(scope, effects, { kind: "condition", condition: any }, place);
}

function startsWith({ value }: Extract<Thing, { kind: "text" }>, start: Thing, place: Place): Thing {
  if (start.kind !== "text" || start.value.kind !== "textConstant") {
    throw new Fault(place, "startsWith() takes a text that is known", 'write it here: startsWith("/tmp/")');
  }
  const { text } = start.value;
  const condition: Condition = value.kind === "textConstant"
    ? { kind: "always", place, value: value.text.startsWith(text) }
    : { kind: "sameText", place, of: value, text, prefix: new TextEncoder().encode(text).length };
  return { kind: "condition", condition };
}
