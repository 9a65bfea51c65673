/**
 * Maps: read, written, counted in.
 *
 * @module
 */
import { constant } from "../check/convert.ts";
import { STATS } from "../emit/aggregations.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Scalar, Stored } from "../ir/tree.ts";
import { layOut, type RecordType, S64, type StoredType, U64, VOID } from "../ir/type.ts";
import type { Expression, MapNode } from "./ast.ts";
import { addressType, spread } from "./memory.ts";
import type { Lowering } from "./lowering.ts";
import type { MapShape } from "./maps.ts";
import { numberOf } from "./numbers.ts";
import { type Aggregation, INT64, isAggregation, typeText, UINT64, type ValueType } from "./types.ts";
import { leavesOf, noValue, partsValue, scalarValue, storedTypes, textValue, type Value } from "./value.ts";

/** What the kernel has for the parts of a key or value: one thing as it is, or a record of several. */
export function together(types: readonly StoredType[]): StoredType {
  const [only] = types;
  return types.length === 1 && only ? only : layOut(types.map((type, i) => ({ name: `${i}`, type })));
}

/** How a key is laid out; collecting maps have a part more: the bucket, or which sum it is. */
export function keyLayout({ key, value }: MapShape): StoredType {
  const parts = key.flatMap(storedTypes);
  if (hasBuckets(value)) parts.push(U64);
  return together(parts.length === 0 ? [U64] : parts);
}

/** How a value is laid out. */
export function valueLayout({ value }: MapShape): StoredType {
  if (!isAggregation(value)) return together(storedTypes(value));
  switch (value.kind) {
    case "count":
    case "hist":
    case "lhist":
      return U64;
    case "sum":
      return value.signed ? S64 : U64;
    default:
      return STATS;
  }
}

function hasBuckets({ kind }: MapShape["value"]): boolean {
  return kind === "hist" || kind === "lhist";
}

/** A key as the kernel stores it. */
export function keyOf(lowering: Lowering, { name, key, place }: MapNode, extra?: Scalar): Stored {
  lowering.used.add(name);
  const parts = key.map((part) => {
    if (part.kind === "tuple") {
      throw new Fault(part.place, "a tuple cannot be a key", `give several keys: ${name}[a, b]`);
    }
    return spread(lowering.lower(part), part.place);
  });
  const types = lowering.maps.useKey(name, parts.map(({ type }) => type), place);
  const leaves = parts.flatMap(leavesOf);
  const layout = types.flatMap(storedTypes);
  if (extra) {
    leaves.push(extra);
    layout.push(U64);
  }
  if (leaves.length === 0) return constant(0n, place);
  return asOne(leaves, together(layout), place);
}

function asOne(leaves: readonly Stored[], type: StoredType, place: Place): Stored {
  const [only] = leaves;
  if (type.kind !== "record" && only) return only;
  return { kind: "fields", type: type as RecordType, place, values: leaves };
}

/** What a map holds for a key; 0 or empty where there is nothing. */
export function readMap(lowering: Lowering, node: MapNode): Value {
  const { name, place } = node;
  const type = lowering.maps.value(name);
  if (!type) {
    for (const part of node.key) lowering.lower(part);
    if (!lowering.strict) return noValue(place);
    throw new Fault(place, `${name} is never given a value`);
  }
  const key = keyOf(lowering, node);
  if (isAggregation(type)) {
    if (type.kind === "count" || type.kind === "sum") {
      throw new Fault(
        place,
        `${name} collects by ${type.kind}(), which programs cannot read`,
        `print it: print(${name})`,
      );
    }
    throw new Fault(
      place,
      `${name} collects by ${type.kind}(), which has no single value`,
      `print it: print(${name})`,
    );
  }
  const layout = together(storedTypes(type));
  const offsets = layout.kind === "record" ? layout.fields.map(({ offset }) => offset) : [0];
  return held(type, offsets, (offset) => ({ map: name, key, offset }), place);
}

interface Where {
  readonly map: string;
  readonly key: Stored;
  readonly offset: number;
}

/** A value of a type, each part of which is looked up. */
function held(type: ValueType, offsets: number[], where: (offset: number) => Where, place: Place): Value {
  switch (type.kind) {
    case "tuple":
      return partsValue(type, type.parts.map((part) => held(part, offsets, where, place)), place);
    case "array":
      return partsValue(
        type,
        Array.from({ length: type.length }, () => held(type.of, offsets, where, place)),
        place,
      );
    case "usym":
    case "stack":
    case "inet":
    case "mac":
      return partsValue(type, storedTypes(type).map(() => held(UINT64, offsets, where, place)), place);
    case "string": {
      const text = { kind: "text", size: type.size } as const;
      return textValue({ kind: "heldText", type: text, place, ...where(offsets.shift() ?? 0) });
    }
    case "buffer":
      throw new Fault(place, "a buffer in a map can only be printed with it");
    default: {
      const of = type.kind === "pointer"
        ? addressType(type.space)
        : type.kind === "int" && type.signed
        ? S64
        : U64;
      const lookup = {
        kind: "lookup",
        type: { kind: "optional", of },
        place,
        ...where(offsets.shift() ?? 0),
      } as const;
      return scalarValue(type, { kind: "valueOf", type: of, place, of: lookup });
    }
  }
}

/** Puts a value into a map. */
export function assignMap(lowering: Lowering, node: MapNode, given: Value): Effect {
  const { name, place } = node;
  const value = spread(given, place);
  if (value.type.kind === "none") {
    keyOf(lowering, node);
    return { kind: "effects", type: VOID, place, effects: [] };
  }
  if (value.type.kind === "struct") {
    throw new Fault(
      place,
      `${typeText(value.type)} cannot be kept as a whole`,
      "keep its address, or a member",
    );
  }
  const type = lowering.maps.useValue(name, widest(value.type), place);
  if (isAggregation(type)) throw new Fault(place, `${name} collects by ${type.kind}()`);
  const layout = together(storedTypes(type));
  const stored = asOne(leavesOf(value), layout, place);
  return {
    kind: "update",
    type: VOID,
    place,
    map: name,
    key: keyOf(lowering, node),
    value: stored,
    mayLack: true,
  };
}

/** Integers have 64 bits in maps. */
function widest(type: ValueType): ValueType {
  if (type.kind !== "int") return type;
  return type.signed ? INT64 : UINT64;
}

/** Adds to the number of a key: `@x++`, `@x += n`. */
export function addToMap(lowering: Lowering, node: MapNode, amount: Scalar, signed: boolean): Effect {
  const { name, place } = node;
  lowering.maps.useValue(name, signed ? INT64 : UINT64, place);
  return { kind: "add", type: VOID, place, map: name, key: keyOf(lowering, node), amount, mayLack: true };
}

/** `@x++` and its like. */
export function stepMap(
  lowering: Lowering,
  { target, by, before, place }: Extract<Expression, { kind: "step" }>,
): Value {
  const node = target as MapNode;
  const effect = addToMap(lowering, node, constant(BigInt(by), place), true);
  const value = readMap(lowering, node);
  const now = numberOf(value, place);
  const after: Scalar = { kind: "after", type: S64, place, effects: [effect], value: now };
  if (!before) return scalarValue(value.type, after);
  const was: Scalar = {
    kind: "arithmetic",
    type: S64,
    place,
    operator: "-",
    signed: false,
    left: after,
    right: constant(BigInt(by), place),
  };
  return scalarValue(value.type, was);
}

/** Collects a value: `@x = count()`. */
export function collect(lowering: Lowering, node: MapNode, how: Aggregation, value: Scalar): Effect {
  const { name, place } = node;
  const known = lowering.maps.useValue(name, how, place);
  const where = { type: VOID, place, map: name, mayLack: true } as const;
  const one = constant(1n, place);
  switch (how.kind) {
    case "count":
    case "sum":
      return {
        ...where,
        kind: "add",
        key: keyOf(lowering, node),
        amount: how.kind === "count" ? one : value,
      };
    case "hist":
    case "lhist": {
      if (known.kind === "lhist" && how.kind === "lhist" && !sameBuckets(known, how)) {
        throw new Fault(place, `${name} has other buckets elsewhere`);
      }
      const linear = how.kind === "lhist" ? { from: how.min, to: how.max, step: how.step } : undefined;
      const bucket: Scalar = { kind: "bucket", type: U64, place, of: value, linear };
      return { ...where, kind: "add", key: keyOf(lowering, node, bucket), amount: one };
    }
    default:
      return { ...where, kind: "measure", key: keyOf(lowering, node), value };
  }
}

type Linear = Extract<Aggregation, { kind: "lhist" }>;

function sameBuckets(a: Linear, b: Linear): boolean {
  return a.min === b.min && a.max === b.max && a.step === b.step;
}

/** `delete(@x[key])`. */
export function removeFrom(lowering: Lowering, node: MapNode): Effect {
  const { name, place } = node;
  const value = lowering.maps.value(name);
  if (value && hasBuckets(value)) {
    throw new Fault(
      place,
      `keys of ${name}, which collects by ${value.kind}(), cannot be deleted`,
      `clear all: clear(${name})`,
    );
  }
  if (!value && lowering.strict) throw new Fault(place, `${name} is never given a value`);
  return {
    kind: "do",
    type: VOID,
    place,
    value: { kind: "remove", type: U64, place, map: name, key: keyOf(lowering, node) },
  };
}
