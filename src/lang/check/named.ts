/**
 * Numbers that are written as text: addresses, and values that have names.
 *
 * @module
 */
import { ipv4 } from "../../codec/mod.ts";
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { type Names, S64, type Type } from "../ir/type.ts";
import { scalarThing, type Thing } from "./thing.ts";

/** A text of the source as the number that it means where the other thing is of a type that is written so. */
export function byName(thing: Thing, other: Thing, place: Place): Thing {
  const known = other.kind === "scalar" ? other.value : other.kind === "namespace" ? other.number : undefined;
  const number = known && namedNumber(thing, known.type, place);
  return number ? scalarThing(number) : thing;
}

/** The number of a type that a text of the source means; `undefined` where it is none, or the type is not written as text. */
export function namedNumber(thing: Thing, type: Type, place: Place): Scalar | undefined {
  if (thing.kind !== "text" || thing.value.kind !== "textConstant" || type.kind !== "int") return undefined;
  const { text } = thing.value;
  const value = typeof type.shown === "object"
    ? valueNamed(text, type.shown, place)
    : type.shown === "ipv4"
    ? addressOf(text, place)
    : undefined;
  if (value === undefined) return undefined;
  return { kind: "constant", type: S64, place, value: BigInt.asIntN(64, value) };
}

/** The value of a name, or of several of flags. */
function valueNamed(text: string, { values, flags }: Names, place: Place): bigint {
  const find = (name: string): bigint => {
    const found = values.find((one) => one.name === name);
    if (found) return found.value;
    const names = values.map(({ name }) => name);
    throw new Fault(
      place,
      `it is never "${name}"${closest(name, names) || `: it is one of ${names.join(", ")}`}`,
    );
  };
  if (!flags) return find(text);
  return text === flags.none ? 0n : text.split(flags.separator).reduce((bits, name) => bits | find(name), 0n);
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
