/**
 * Namespaces of given members.
 *
 * @module
 */
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Namespace, Thing } from "./thing.ts";

/** Members by name, each made when it is asked for. */
export type Members = Readonly<Record<string, (place: Place) => Thing>>;

/** A namespace of these members. */
export function namespaceOf(what: string, members: Members): Namespace {
  return {
    kind: "namespace",
    what,
    member(name, place) {
      const make = Object.hasOwn(members, name) ? members[name] : undefined;
      if (make) return make(place);
      throw unknownMember(what, name, Object.keys(members), place);
    },
  };
}

/** How many members a message lists. */
const MOST_NAMED = 36;

/** The fault that something has no such member. */
export function unknownMember(what: string, name: string, names: Iterable<string>, place: Place): Fault {
  const all = [...names];
  const near = closest(name, all);
  const known = near === "" && all.length <= MOST_NAMED ? `: it has ${all.join(", ")}` : near;
  return new Fault(place, `${what} has no "${name}"${known}`);
}
