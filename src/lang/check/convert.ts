/**
 * Things as what an operation wants of them.
 *
 * @module
 */
import { ipv6, mac } from "../../codec/mod.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Address, Condition, Effect, Optional, Scalar, Stored, Text } from "../ir/tree.ts";
import {
  type AddressType,
  BOOL,
  layOut,
  S64,
  sameType,
  sizeOf,
  type StoredType,
  typeText,
  U64,
  VOID,
} from "../ir/type.ts";
import { namedNumber } from "./named.ts";
import { describe, type Thing } from "./thing.ts";

/** What fits a signed number of 64 bits, and no more. */
const LARGEST = 2n ** 63n - 1n;

/** A number of 64 bits: without a sign where it is too large for one. */
export function constant(value: bigint, place: Place): Scalar {
  return { kind: "constant", type: value > LARGEST ? U64 : S64, place, value: BigInt.asIntN(64, value) };
}

/** The number that a constant is. */
export function numberOf({ type, value }: Extract<Scalar, { kind: "constant" }>): bigint {
  return type.kind === "int" && type.signed ? value : BigInt.asUintN(64, value);
}

/** The thing as an integer or an address. */
export function scalarOf(thing: Thing, place: Place): Scalar {
  switch (thing.kind) {
    case "scalar":
      return thing.value;
    case "optional":
      return { kind: "valueOf", type: thing.value.type.of, place, of: thing.value };
    case "condition":
      return { kind: "test", type: BOOL, place, condition: thing.condition };
    case "namespace": {
      const value = thing.number ?? thing.address;
      if (value) return value;
      break;
    }
    case "text":
      throw new Fault(place, "this is text, where a number is wanted");
  }
  throw new Fault(place, `${describe(thing)} is no number`);
}

/** Whether the thing is what JavaScript takes for true. */
export function conditionOf(thing: Thing, place: Place): Condition {
  switch (thing.kind) {
    case "condition":
      return thing.condition;
    case "undefined":
      return { kind: "always", place, value: false };
    case "text":
      return { kind: "not", place, of: { kind: "sameText", place, of: thing.value, text: "" } };
    case "optional":
      if (thing.value.type.of.kind === "pointer") return { kind: "present", place, of: thing.value };
      return { kind: "truth", place, of: scalarOf(thing, place) };
    default: {
      const value = scalarOf(thing, place);
      return truthOf(value, place);
    }
  }
}

/** Whether a number is not 0, told without computing it where it is one of two. */
function truthOf(value: Scalar, place: Place): Condition {
  switch (value.kind) {
    case "constant":
      return { kind: "always", place, value: value.value !== 0n };
    case "test":
      return value.condition;
    case "or":
      return { kind: "either", place, left: truthOf(value.left, place), right: truthOf(value.right, place) };
    case "choice": {
      const { condition, then, otherwise } = value;
      if (otherwise.kind !== "constant" || otherwise.value !== 0n) break;
      return { kind: "both", place, left: condition, right: truthOf(then, place) };
    }
  }
  return { kind: "truth", place, of: value };
}

/** The thing done for its effect. */
export function effectOf(thing: Thing, place: Place): Effect {
  switch (thing.kind) {
    case "effect":
      return thing.effect;
    case "scalar":
    case "condition":
      return { kind: "do", type: VOID, place, value: scalarOf(thing, place) };
    case "optional":
    case "text":
      return effectOfRead(thing.value, place);
    case "method":
      throw new Fault(place, `${thing.what} is not called`);
    default:
      return NOTHING(place);
  }
}

/** What is done before a value that nobody uses, and by reading it. */
function effectOfRead(value: Optional | Text, place: Place): Effect {
  switch (value.kind) {
    case "optionalAfter":
    case "textAfter": {
      const effects = [...value.effects, effectOfRead(value.value, place)];
      return { kind: "effects", type: VOID, place, effects };
    }
    case "taken":
      return {
        kind: "do",
        type: VOID,
        place,
        value: { kind: "valueOf", type: value.type.of, place, of: value },
      };
    default:
      return NOTHING(place);
  }
}

/** An effect that does nothing. */
export function NOTHING(place: Place): Effect {
  return { kind: "effects", type: VOID, place, effects: [] };
}

/** The type that the thing is stored as where nobody says another. */
export function storedTypeOf(thing: Thing, place: Place): StoredType {
  switch (thing.kind) {
    case "text":
    case "words":
      return thing.value.type;
    case "condition":
      return BOOL;
    case "stack":
      return thing.type;
    case "address":
    case "capture":
      return thing.value.type;
    case "namespace":
      if (thing.number) break;
      if (thing.whole) return thing.whole(place).type;
      if (thing.address) break;
      throw new Fault(place, `${describe(thing)} cannot be stored`, "store members of it");
    case "list":
      throw new Fault(place, "a list cannot be stored", "give each element a name: { first, second }");
    case "method":
      throw new Fault(place, `${thing.what} cannot be stored`, "call it");
    case "effect":
    case "undefined":
      throw new Fault(place, "there is nothing to store", "leave it out");
    case "record":
      return layOut(
        thing.fields.map(({ name, place, thing }) => ({ name, type: storedTypeOf(thing, place) })),
      );
  }
  return scalarOf(thing, place).type as StoredType;
}

/** The thing as an address of this type, which a text of the source may be, too. */
export function addressOf(thing: Thing, type: AddressType, place: Place): Address | undefined {
  if (thing.kind === "address") return sameType(thing.value.type, type) ? thing.value : undefined;
  if (thing.kind !== "text" || thing.value.kind !== "textConstant") return undefined;
  const { text } = thing.value;
  const bytes = new Uint8Array(type.size);
  try {
    (type.shown === "ipv6" ? ipv6 : mac).write(new DataView(bytes.buffer), 0, text);
  } catch {
    throw new Fault(place, `"${text}" is no ${type.shown === "ipv6" ? "IPv6" : "hardware"} address`);
  }
  return { kind: "addressConstant", type, place, bytes };
}

/** What stores a thing. */
export interface Owner {
  /** For messages: `the key of "calls"`. */
  readonly what: string;
  /** The name of the map. */
  readonly map: string;
}

/** The thing as what is stored as this type. */
export function storedAs(thing: Thing, type: StoredType, place: Place, owner: Owner): Stored {
  const { what, map } = owner;
  switch (type.kind) {
    case "text":
      if (thing.kind !== "text") throw mismatch(thing, type, place, what);
      return textAs(thing.value, type.size, place, what);
    case "words":
      if (thing.kind !== "words") throw mismatch(thing, type, place, what);
      return { ...thing.value, type };
    case "array":
      return copyOf(thing, type, place, what);
    case "record": {
      if (thing.kind === "namespace") return copyOf(thing, type, place, what);
      if (thing.kind !== "record") throw mismatch(thing, type, place, what);
      const known = new Map(thing.fields.map((field) => [field.name, field]));
      const values = type.fields.map((field) => {
        const given = known.get(field.name);
        known.delete(field.name);
        if (!given) throw new Fault(place, `${what} lacks "${field.name}": it is ${typeText(type)}`);
        const inner = { what: `"${field.name}" of ${what}`, map };
        return storedAs(given.thing, field.type, given.place, inner);
      });
      const [extra] = known.values();
      if (extra) throw new Fault(extra.place, `${what} has no "${extra.name}": it is ${typeText(type)}`);
      return { kind: "fields", type, place, values };
    }
    case "address": {
      const address = addressOf(thing, type, place);
      if (!address) throw mismatch(thing, type, place, what);
      return address;
    }
    case "data":
      if (thing.kind !== "capture") throw mismatch(thing, type, place, what);
      return { ...thing.value, type };
    case "stack":
      if (thing.kind !== "stack" || !sameType(type, thing.type)) throw mismatch(thing, type, place, what);
      return { kind: "stack", type, place, map };
    default: {
      const named = namedNumber(thing, type, place);
      if (named) return named;
      if (
        thing.kind === "text" || thing.kind === "words" || thing.kind === "record" ||
        thing.kind === "stack" ||
        thing.kind === "address" || thing.kind === "capture"
      ) {
        throw mismatch(thing, type, place, what);
      }
      return scalarOf(thing, place);
    }
  }
}

/** What is in memory, where it is of the type. */
function copyOf(thing: Thing, type: StoredType, place: Place, what: string): Stored {
  const copy = thing.kind === "namespace" ? thing.whole?.(place) : undefined;
  if (copy && sameType(copy.type, type)) return copy;
  throw mismatch(thing, type, place, what);
}

/** Text for a place of this size, which it must not be cut for. */
function textAs(text: Text, size: number, place: Place, what: string): Text {
  if (text.kind === "string") {
    return { ...text, type: { kind: "text", size: Math.min(size, text.type.size) } };
  }
  if (sizeOf(text.type) <= size) return text;
  throw new Fault(place, `${what} has ${size} bytes, and this text may have ${text.type.size}`);
}

function mismatch(thing: Thing, type: StoredType, place: Place, what: string): Fault {
  return new Fault(place, `${what} is ${typeText(type)}, and this is ${describe(thing)}`);
}
