/**
 * Queues and stacks of values.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import type { Optional } from "../../ir/tree.ts";
import { typeText, VOID } from "../../ir/type.ts";
import { method } from "../arguments.ts";
import { namespaceOf } from "../members.ts";
import type { Thing } from "../thing.ts";
import { effectThing, type SharedState } from "./state.ts";

/** `push(value)`, `pop()`, `peek()`. */
export function queueThing(state: SharedState): Thing {
  const map = state.name;
  return namespaceOf(`queue "${map}"`, {
    push: () =>
      method("push", [1, 1], ([given], place) => {
        const value = state.valueOf(given as Thing, place);
        return effectThing({ kind: "push", type: VOID, place, map, value });
      }),
    pop: () => method("pop", [0, 0], (_, place) => taken(state, "bpf_map_pop_elem", place)),
    peek: () => method("peek", [0, 0], (_, place) => taken(state, "bpf_map_peek_elem", place)),
  });
}

function taken(
  state: SharedState,
  helper: Extract<Optional, { kind: "taken" }>["helper"],
  place: Place,
): Thing {
  const type = state.known(place);
  if (!type) return { kind: "undefined" };
  if (type.kind !== "int" && type.kind !== "pointer") {
    throw new Fault(
      place,
      `kernel functions take numbers alone, and "${state.name}" holds ${typeText(type)}`,
      "take the values in the script",
    );
  }
  const value = {
    kind: "taken",
    type: { kind: "optional", of: type },
    place,
    map: state.name,
    helper,
  } as const;
  return { kind: "optional", value };
}
