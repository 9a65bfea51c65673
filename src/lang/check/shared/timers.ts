/**
 * Timers by keys.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import type { Effect, Scalar, TimerRun, Variable } from "../../ir/tree.ts";
import { BOOL, type PointerType, type StoredType, typeText, VOID } from "../../ir/type.ts";
import { method } from "../arguments.ts";
import { effectOf, scalarOf } from "../convert.ts";
import { textAt } from "../held.ts";
import { namespaceOf } from "../members.ts";
import { scalarThing, type Thing } from "../thing.ts";
import { effectThing, type SharedState } from "./state.ts";

/** Where the key is when the timer goes off: in the map, which the verifier knows. */
const ADDRESS: PointerType = { kind: "pointer", typeId: 0, space: "map", trusted: true };

/** `start(key, ns, run)`, `cancel(key)`. */
export function timersThing(state: SharedState): Thing {
  const map = state.name;
  return namespaceOf(`timers "${map}"`, {
    start: () =>
      method("start", [3, 3], ([given, delay, run], place) => {
        state.checkLockable("timers", place);
        const key = state.keyOf(given as Thing, place);
        if (run?.kind !== "method") {
          throw new Fault(place, "start() takes a key, ns and a function: start(key, 1e9, (key) => { … })");
        }
        return effectThing({
          kind: "startTimer",
          type: VOID,
          place,
          map,
          key,
          delay: scalarOf(delay as Thing, place),
          run: runOf(state, (key) => run.call([key], place), place),
        });
      }),
    cancel: () =>
      method("cancel", [1, 1], ([key], place) => {
        state.checkLockable("timers", place);
        return scalarThing({
          kind: "cancelTimer",
          type: BOOL,
          place,
          map,
          key: state.keyOf(key as Thing, place),
        });
      }),
  });
}

/** What is done when a timer goes off: the key is kept, since the timer may be removed meanwhile. */
function runOf(
  state: SharedState,
  call: (key: Thing) => Thing,
  place: Place,
): TimerRun {
  const address: Variable = { name: "the key", type: ADDRESS };
  const at: Scalar = { kind: "variable", type: ADDRESS, place, variable: address };
  const effects: Effect[] = [];
  const type = state.key;
  if (type === undefined || type === "none") throw new Fault(place, "timers are by keys");
  const key = keptKey(type, at, 0, effects);
  const done = call(key);
  const again = done.kind === "effect" || done.kind === "undefined" ? undefined : scalarOf(done, place);
  if (!again) effects.push(effectOf(done, place));
  const removed: Scalar = {
    kind: "remove",
    type: BOOL,
    place,
    map: state.name,
    key: state.keyOf(key, place),
  };
  return { address, effects, again, end: { kind: "do", type: VOID, place, value: removed } };
}

/** A part of the key, so many bytes from its start, in variables. */
function keptKey(type: StoredType, base: Scalar, offset: number, effects: Effect[]): Thing {
  const { place } = base;
  const keep = (variable: Variable, value: Extract<Effect, { kind: "set" }>["value"]) =>
    effects.push({ kind: "set", type: VOID, place, variable, value });
  switch (type.kind) {
    case "record": {
      const fields = type.fields.map((field) => ({
        name: field.name,
        place,
        thing: keptKey(field.type, base, offset + field.offset, effects),
      }));
      return { kind: "record", fields };
    }
    case "int": {
      const variable: Variable = { name: "the key", type };
      keep(variable, { kind: "load", type, place, address: base, offset, size: type.size });
      return scalarThing({ kind: "variable", type, place, variable });
    }
    case "text": {
      const variable: Variable = { name: "the key", type };
      keep(variable, textAt(base, offset, type, place).value);
      return { kind: "text", value: { kind: "textVariable", type, place, variable } };
    }
    case "address": {
      const variable: Variable = { name: "the key", type };
      keep(variable, { kind: "addressAt", type, place, base, offset });
      return { kind: "address", value: { kind: "addressVariable", type, place, variable } };
    }
    default:
      throw new Fault(place, `keys of timers are numbers, text and addresses, not ${typeText(type)}`);
  }
}
