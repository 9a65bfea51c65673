/**
 * What is added up: counters, gauges, statistics and histograms, by keys or in all.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import type { LinearBuckets } from "../../ir/buckets.ts";
import type { Fields, Scalar, Stored } from "../../ir/tree.ts";
import { layOut, type RecordType, S64, type StoredType, typeText, U32, VOID } from "../../ir/type.ts";
import { method } from "../arguments.ts";
import { constant, scalarOf } from "../convert.ts";
import { namespaceOf } from "../members.ts";
import type { Thing } from "../thing.ts";
import { effectThing, type SharedState } from "./state.ts";

/** `count(key?, amount?)`. */
export function counterThing(state: SharedState): Thing {
  return namespaceOf(`counter "${state.name}"`, {
    count: () =>
      method("count", [0, 2], ([key, amount], place) => {
        const one = amount ? scalarOf(amount, place) : constant(1n, place);
        return added(state, key, one, place);
      }),
  });
}

/** `set(value, key?)`, `add(amount, key?)`, `sub(amount, key?)`. */
export function gaugeThing(state: SharedState): Thing {
  const map = state.name;
  return namespaceOf(`gauge "${map}"`, {
    set: () =>
      method("set", [1, 2], ([given, key], place) => {
        const value = scalarOf(given as Thing, place);
        const at = keyOrFirst(state, key, place);
        return effectThing({ kind: "update", type: VOID, place, map, ...at, value });
      }),
    add: () =>
      method(
        "add",
        [1, 2],
        ([given, key], place) => added(state, key, scalarOf(given as Thing, place), place),
      ),
    sub: () =>
      method("sub", [1, 2], ([given, key], place) => {
        const amount = scalarOf(given as Thing, place);
        const negative: Scalar = amount.kind === "constant"
          ? constant(-amount.value, place)
          : { kind: "negate", type: S64, place, of: amount };
        return added(state, key, negative, place);
      }),
  });
}

/** `record(value, key?)`. */
export function statsThing(state: SharedState): Thing {
  const map = state.name;
  return namespaceOf(`statistics "${map}"`, {
    record: () =>
      method("record", [1, 2], ([given, key], place) => {
        const value = scalarOf(given as Thing, place);
        const at = keyOrFirst(state, key, place);
        return effectThing({ kind: "measure", type: VOID, place, map, ...at, value });
      }),
  });
}

/** `record(value, key?)`. */
export function histogramThing(state: SharedState, linear: LinearBuckets | undefined): Thing {
  return namespaceOf(`histogram "${state.name}"`, {
    record: () =>
      method("record", [1, 2], ([given, key], place) => {
        const of = scalarOf(given as Thing, place);
        const bucket: Scalar = { kind: "bucket", type: U32, place, of, linear };
        return counted(state, bucket, key, place);
      }),
  });
}

function counted(state: SharedState, bucket: Scalar, given: Thing | undefined, place: Place): Thing {
  const { key, mayLack } = keyOrFirst(state, given, place);
  const type = mayLack && state.key && state.key !== "none" ? bucketKey(state.key) : undefined;
  const fields: Fields | undefined = type && { kind: "fields", type, place, values: [key, bucket] };
  const amount = constant(1n, place);
  return effectThing({
    kind: "add",
    type: VOID,
    place,
    map: state.name,
    key: fields ?? bucket,
    amount,
    mayLack,
  });
}

/** What a histogram by keys has for keys in the kernel: one for each bucket that is used. */
export function bucketKey(key: StoredType): RecordType {
  return layOut([{ name: "key", type: key }, { name: "bucket", type: U32 }]);
}

/** Adds to the number of a key, or to the only one. */
export function added(state: SharedState, key: Thing | undefined, amount: Scalar, place: Place): Thing {
  const at = keyOrFirst(state, key, place);
  return effectThing({ kind: "add", type: VOID, place, map: state.name, ...at, amount });
}

/** Where it is: under the key, which the map may lack; without one, in the only element that there is. */
function keyOrFirst(
  state: SharedState,
  key: Thing | undefined,
  place: Place,
): { readonly key: Stored; readonly mayLack: boolean } {
  if (key && key.kind !== "undefined") return { key: state.keyOf(key, place), mayLack: true };
  state.used = true;
  if (state.key && state.key !== "none") {
    throw new Fault(place, `${state.spec.kind} "${state.name}" is by ${typeText(state.key)}: give a key`);
  }
  state.key = "none";
  return { key: { ...constant(0n, place), type: U32 }, mayLack: false };
}
