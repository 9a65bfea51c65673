/**
 * The arguments of probes that programs declare themselves, where compilers left them: in registers, in memory, nowhere.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { type IntType, type PointerType, U64 } from "../ir/type.ts";
import { constant, scalarOf } from "./convert.ts";
import type { ContextSpec, UserArgumentSpec } from "./environment.ts";
import { namespaceOf } from "./members.ts";
import { type Namespace, scalarThing } from "./thing.ts";

type Usdt = Extract<ContextSpec, { kind: "usdt" }>;

/** The arguments, by number. */
export function usdtArguments({ ways }: Usdt): Namespace {
  return {
    ...namespaceOf("the list of arguments", {}),
    index(index, place) {
      const value = scalarOf(index, place);
      if (value.kind !== "constant") throw new Fault(place, "arguments have constant numbers: c.args[0]");
      return scalarThing(usdtArgument(ways, Number(value.value), place));
    },
  };
}

/** An argument by its number. Where places have it in different ways, the cookie says which one this is. */
export function usdtArgument(ways: Usdt["ways"], index: number, place: Place): Scalar {
  const specs = ways.map((all) => {
    const spec = all[index];
    if (typeof spec === "object") return spec;
    if (spec === undefined) {
      throw new Fault(place, `there is no argument ${index}: the probe has ${all.length}`);
    }
    throw new Fault(place, `argument ${index} cannot be read: ${spec}`);
  });
  const [first, ...others] = specs;
  if (!first) throw new Fault(place, "the probe is nowhere");
  return others.reduce((otherwise, spec, i): Scalar => {
    if (sameSpec(spec, first)) return otherwise;
    const then = valueOf(spec, place);
    const cookie: Scalar = {
      kind: "helper",
      type: U64,
      place,
      helper: "bpf_get_attach_cookie",
      arguments: [{ kind: "contextItself" }],
    };
    const way = constant(BigInt(i + 1), place);
    const condition = {
      kind: "compare",
      place,
      operator: "==",
      signed: false,
      left: cookie,
      right: way,
    } as const;
    return { kind: "choice", type: then.type, place, condition, then, otherwise };
  }, valueOf(first, place));
}

function sameSpec(a: UserArgumentSpec, b: UserArgumentSpec): boolean {
  const where = ({ place }: UserArgumentSpec) => Object.entries(place).join();
  return a.size === b.size && a.signed === b.signed && where(a) === where(b);
}

function valueOf({ size, signed, place: where }: UserArgumentSpec, place: Place): Scalar {
  const type: IntType = { kind: "int", size: size === 1 || size === 2 || size === 4 ? size : 8, signed };
  switch (where.kind) {
    case "constant": {
      const value = (signed ? BigInt.asIntN : BigInt.asUintN)(size * 8, where.value);
      return { ...constant(value, place), type };
    }
    case "register":
      return { kind: "context", type, place, offset: where.register, size: type.size };
    case "memory":
      return load(plus(register(where.register, place), constant(where.offset, place)), type, place);
    case "indexed": {
      const index: Scalar = {
        kind: "arithmetic",
        type: U64,
        place,
        operator: "<<",
        signed: false,
        left: register(where.index, place),
        right: constant(BigInt(where.shift), place),
      };
      const base = plus(register(where.register, place), constant(where.offset, place));
      return load(plus(base, index), type, place);
    }
  }
}

const ADDRESS: PointerType = { kind: "pointer", typeId: 0, space: "user", trusted: false };

function register(offset: number, place: Place): Scalar {
  return { kind: "context", type: U64, place, offset, size: 8 };
}

function plus(left: Scalar, right: Scalar): Scalar {
  return { kind: "arithmetic", type: ADDRESS, place: left.place, operator: "+", signed: false, left, right };
}

function load(address: Scalar, type: IntType, place: Place): Scalar {
  return { kind: "load", type, place, address, offset: 0, size: type.size };
}
