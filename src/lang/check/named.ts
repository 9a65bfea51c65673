/**
 * Numbers that are written as text: addresses, and values that have names.
 *
 * @module
 */
import { ipv4 } from "../../codec/mod.ts";
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import type { Type } from "../ir/type.ts";
import { constant } from "./convert.ts";
import { scalarThing, type Thing } from "./thing.ts";

/** A text of the source as the number that it means where the other thing is of a type that is written so. */
export function byName(thing: Thing, other: Thing, place: Place): Thing {
  if (thing.kind !== "text" || thing.value.kind !== "textConstant" || other.kind !== "scalar") return thing;
  const number = numberNamed(thing.value.text, other.value.type, place);
  return number ? scalarThing(number) : thing;
}

/** The number of a type that a text means; `undefined` where the type is not written as text. */
function numberNamed(text: string, type: Type, place: Place): Scalar | undefined {
  if (type.kind !== "int") return undefined;
  const { names } = type;
  if (names) {
    const value = Object.hasOwn(names, text) ? names[text] : undefined;
    if (value !== undefined) return constant(BigInt(value), place);
    const near = closest(text, Object.keys(names));
    throw new Fault(
      place,
      `it is never "${text}"${near || `: it is one of ${Object.keys(names).join(", ")}`}`,
    );
  }
  return type.shown === "ipv4" ? constant(addressOf(text, place), place) : undefined;
}

/** The address as the machine loads it from a packet. */
function addressOf(text: string, place: Place): bigint {
  const bytes = new Uint8Array(4);
  try {
    ipv4.write(new DataView(bytes.buffer), 0, text);
  } catch {
    throw new Fault(place, `"${text}" is no IPv4 address`);
  }
  return BigInt(new Uint32Array(bytes.buffer)[0] ?? 0);
}
