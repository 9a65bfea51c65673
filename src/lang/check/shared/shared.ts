/**
 * What functions share with the script: maps, by what is done with them.
 *
 * @module
 */
import type { Place } from "../../ir/place.ts";
import type { InnerFunctionSyntax } from "../../ir/syntax.ts";
import { constantThing } from "../constants.ts";
import type { Thing } from "../thing.ts";
import { counterThing, gaugeThing, histogramThing, statsThing } from "./aggregations.ts";
import { eventsThing } from "./events.ts";
import { arrayThing, hashThing, setThing } from "./maps.ts";
import { queueThing } from "./queue.ts";
import type { SharedState } from "./state.ts";
import { timersThing } from "./timers.ts";

/** What the name of a shared thing stands for. */
export function sharedThing(
  state: SharedState,
  place: Place,
  define: (syntax: InnerFunctionSyntax) => Thing,
): Thing {
  const { spec } = state;
  switch (spec.kind) {
    case "function":
      return define(spec.parse());
    case "constant":
      return constantThing(spec.value, place);
    case "counter":
      return counterThing(state);
    case "gauge":
      return gaugeThing(state);
    case "stats":
      return statsThing(state);
    case "histogram":
      return histogramThing(state, spec.linear);
    case "set":
      return setThing(state);
    case "array":
      return arrayThing(state);
    case "queue":
      return queueThing(state);
    case "timers":
      return timersThing(state);
    case "hash":
    case "lpm":
      return hashThing(state);
    case "events":
      return eventsThing(state);
  }
}
