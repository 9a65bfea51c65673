/**
 * Events: records that are sent.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import { layOut, sameType, VOID } from "../../ir/type.ts";
import { method } from "../arguments.ts";
import { storedAs, storedTypeOf } from "../convert.ts";
import { namespaceOf } from "../members.ts";
import type { RecordThing, Thing } from "../thing.ts";
import { effectThing, type SharedState } from "./state.ts";

/** How many bytes of a record come before its fields: the tag that tells records apart. */
export const TAG_SIZE = 4;

/** `emit(event)`. */
export function eventsThing(state: SharedState): Thing {
  return namespaceOf(`events "${state.name}"`, {
    emit: () =>
      method("emit", [1, 1], ([event], place) => {
        if (event?.kind !== "record") throw new Fault(place, "an event is a record: emit({ pid: c.pid })");
        return emitted(state, event, place);
      }),
  });
}

/** Sends a record; records of one shape have one tag. */
export function emitted(state: SharedState, event: RecordThing, place: Place): Thing {
  state.used = true;
  const fields = event.fields.map(({ name, place, thing }) => ({ name, type: storedTypeOf(thing, place) }));
  const shape = layOut(fields, TAG_SIZE);
  let tag = state.shapes.findIndex((known) => sameType(known, shape));
  if (tag < 0) tag = state.shapes.push(shape) - 1;
  const stored = storedAs(event, shape, place, { what: "the event", map: state.name });
  if (stored.kind !== "fields") throw new Fault(place, "an event is a record");
  return effectThing({ kind: "emit", type: VOID, place, map: state.name, tag, fields: stored });
}
