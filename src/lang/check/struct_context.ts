/**
 * Structs that programs are called with, whose members the kernel lets them load, and some of them change.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Scalar } from "../ir/tree.ts";
import { type IntType, IPV6, namesFrom, S64, U64, VOID } from "../ir/type.ts";
import { method } from "./arguments.ts";
import { addressOf, constant, scalarOf } from "./convert.ts";
import type { ContextSpec, MemberSpec } from "./environment.ts";
import { type Members, namespaceOf } from "./members.ts";
import { byName } from "./named.ts";
import { describe, scalarThing, type Thing } from "./thing.ts";

type Loaded = Extract<MemberSpec, { size: 1 | 2 | 4 | 8 }>;
type Long = Extract<MemberSpec, { address: unknown }>;
type Flags = Extract<MemberSpec, { flags: unknown }>;

/** The members of a struct. */
export function structMembers({ members }: Extract<ContextSpec, { kind: "struct" }>): Members {
  return Object.fromEntries(
    Object.entries(members).map(([name, spec]) => [name, (place: Place) => memberThing(name, spec, place)]),
  );
}

function memberThing(name: string, spec: MemberSpec, place: Place): Thing {
  if ("number" in spec) return scalarThing(called(spec.number, [], place));
  if ("text" in spec) {
    const { text: helper, size, more } = spec;
    return { kind: "text", value: { kind: "written", type: { kind: "text", size }, place, helper, more } };
  }
  if ("flags" in spec) return flagsMethod(name, spec);
  if ("address" in spec) return longAddress(spec, place);
  return spec.length === undefined ? loaded(spec, place) : elements(name, spec, spec.length);
}

function loaded(spec: Loaded, place: Place): Thing {
  const { offset, size, signed = false, shown, names, network, mask, writable } = spec;
  const shownAs = names ? namesFrom(names) : shown;
  const type: IntType = { kind: "int", size, signed, ...shownAs && { shown: shownAs } };
  const value: Scalar = { kind: "context", type, place, offset, size };
  if (mask !== undefined) {
    return { kind: "condition", condition: { kind: "truth", place, of: masked(value, mask) } };
  }
  const read: Scalar = network ? { kind: "swap", type, place, of: value, size: network } : value;
  return writable
    ? { kind: "scalar", value: read, assign: (given, place) => set(spec, given, place) }
    : scalarThing(read);
}

function longAddress({ offset, writable }: Long, place: Place): Thing {
  const value = { kind: "addressInContext", type: IPV6, place, offset } as const;
  if (!writable) return { kind: "address", value };
  return {
    kind: "address",
    value,
    assign(given, place) {
      const address = addressOf(given, IPV6, place);
      if (address) return { kind: "setContextAddress", type: VOID, place, offset, value: address };
      throw new Fault(place, `this is an IPv6 address, not ${describe(given)}`);
    },
  };
}

function masked(left: Scalar, mask: number): Scalar {
  const { place } = left;
  const right = constant(BigInt(mask), place);
  return { kind: "arithmetic", type: U64, place, operator: "&", signed: false, left, right };
}

function set(spec: Loaded, given: Thing, place: Place): Effect {
  const { offset, size, network } = spec;
  const number = scalarOf(byName(given, loaded(spec, place), place), place);
  const value: Scalar = network ? { kind: "swap", type: U64, place, of: number, size: network } : number;
  return { kind: "setContext", type: VOID, place, offset, size, value };
}

function elements(name: string, spec: Loaded, length: number): Thing {
  const what = `the array "${name}"`;
  return {
    ...namespaceOf(what, {}),
    index(index, place) {
      const value = scalarOf(index, place);
      const at = value.kind === "constant" ? Number(value.value) : -1;
      if (at >= 0 && at < length) return loaded({ ...spec, offset: spec.offset + at * spec.size }, place);
      throw new Fault(place, `elements of ${what} have constant numbers from 0 to ${length - 1}`);
    },
  };
}

function flagsMethod(name: string, { flags: helper, names }: Flags): Thing {
  return method(name, [0, Object.keys(names).length], (args, place) => {
    const flag = scalarThing({ ...constant(0n, place), type: { ...U64, shown: namesFrom(names) } });
    const all = args.reduce((sum, one) => {
      const value = scalarOf(byName(one, flag, place), place);
      if (value.kind === "constant") return sum | value.value;
      throw new Fault(place, `${name}() is of constants: ${Object.keys(names).join(", ")}`);
    }, 0n);
    return scalarThing(called(helper, [constant(all, place)], place));
  });
}

function called(
  helper: Extract<MemberSpec, { number: unknown }>["number"],
  more: readonly Scalar[],
  place: Place,
): Scalar {
  return {
    kind: "helper",
    type: more.length > 0 ? S64 : U64,
    place,
    helper,
    arguments: [{ kind: "contextItself" }, ...more],
  };
}
