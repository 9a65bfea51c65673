/**
 * Headers that can be changed.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Scalar } from "../ir/tree.ts";
import { U64, VOID } from "../ir/type.ts";
import { addressOf, scalarOf } from "./convert.ts";
import { byName } from "./named.ts";
import { type Assign, describe, type Namespace, type Thing } from "./thing.ts";

/** What is in a header, as what can be assigned to; `changed` is called where the function changes something that others may sum up. */
export function changeable(thing: Thing, changed: () => void): Thing {
  switch (thing.kind) {
    case "scalar": {
      const { value } = thing;
      const load = value.kind === "swap" ? value.of : value;
      if (load.kind !== "load") return thing;
      const { address, offset, size, bits } = load;
      const assign: Assign = (given, place) => {
        changed();
        const number = scalarOf(byName(given, thing, place), place);
        const stored: Scalar = value.kind === "swap"
          ? { kind: "swap", type: U64, place, of: number, size: value.size }
          : number;
        return write(address, { offset, size, ...bits && { bits }, value: stored }, place);
      };
      return { ...thing, assign };
    }
    case "address": {
      const { value, members } = thing;
      if (value.kind !== "addressAt") return thing;
      const assign: Assign = (given, place) => {
        changed();
        const address = addressOf(given, value.type, place);
        if (!address) throw new Fault(place, `this is ${describe(thing)}, not ${describe(given)}`);
        return write(value.base, { offset: value.offset, size: value.type.size, value: address }, place);
      };
      return { ...thing, assign, ...members && { members: changeableMembers(members, changed) } };
    }
    case "optional":
      return thing.members ? { ...thing, members: changeableMembers(thing.members, changed) } : thing;
    case "namespace":
      return changeableMembers(thing, changed);
    default:
      return thing;
  }
}

function changeableMembers(members: Namespace, changed: () => void): Namespace {
  const { index } = members;
  return {
    ...members,
    member: (name, place) => changeable(members.member(name, place), changed),
    ...index && { index: (at: Thing, place: Place) => changeable(index(at, place), changed) },
  };
}

type Part = Pick<Extract<Effect, { kind: "writeHeader" }>, "offset" | "size" | "bits" | "value">;

function write(base: Scalar, part: Part, place: Place): Effect {
  if (base.kind !== "valueOf" || base.of.kind !== "header") {
    throw new Fault(place, "only members and elements with constant numbers can be assigned to");
  }
  const { header } = base.of;
  if (header === "sctp") throw new Fault(place, "the checksum of SCTP cannot be kept right");
  return { kind: "writeHeader", type: VOID, place, header, ...part };
}
