/**
 * Records in maps that are changed while their lock is held.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import type { Effect, Optional, Scalar, Stored, Variable } from "../../ir/tree.ts";
import { BOOL, type OptionalType, VOID } from "../../ir/type.ts";
import { effectOf } from "../convert.ts";
import { heldType, recordMembers } from "../held.ts";
import type { Thing } from "../thing.ts";
import type { SharedState } from "./state.ts";

/** `locked(key, change)`: whether there is a record of the key, which the function has changed then. */
export function locked(state: SharedState, key: Stored, change: Thing | undefined, place: Place): Thing {
  const record = state.known(place);
  if (!record) return { kind: "undefined" };
  if (record.kind !== "record" || record.lock === undefined) {
    throw new Fault(
      place,
      `what "${state.name}" holds has no locks`,
      "make it of records, with locks: hash(u32, struct({ … }), { locks: true })",
    );
  }
  if (change?.kind !== "method") {
    throw new Fault(place, "locked() takes a key and a function: locked(key, (value) => { … })");
  }
  state.checkLockable("locks", place);
  const type: OptionalType = { kind: "optional", of: heldType(record) };
  const variable: Variable = { name: "the record", type };
  const value: Optional = { kind: "optionalVariable", type, place, variable };
  const found: Effect = {
    kind: "set",
    type: VOID,
    place,
    variable,
    value: { kind: "lookup", type, place, map: state.name, key },
  };
  const given: Thing = { kind: "optional", value, members: recordMembers(value, record, 0) };
  const body = effectOf(change.call([given], place), place);
  const changed: Effect = { kind: "locked", type: VOID, place, record: value, offset: record.lock, body };
  const isThere: Scalar = {
    kind: "test",
    type: BOOL,
    place,
    condition: { kind: "present", place, of: value },
  };
  const all: Scalar = { kind: "after", type: BOOL, place, effects: [found, changed], value: isThere };
  return { kind: "condition", condition: { kind: "truth", place, of: all } };
}
