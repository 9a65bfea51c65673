/**
 * Arguments of calls.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Method, Thing } from "./thing.ts";

/** A method that takes from `least` to `most` arguments. */
export function method(
  what: string,
  [least, most]: readonly [least: number, most: number],
  body: (args: readonly Thing[], place: Place) => Thing,
): Method {
  return {
    kind: "method",
    what: `${what}()`,
    call(args, place) {
      if (args.length < least || args.length > most) {
        const wanted = least === most ? `${least}` : `${least} to ${most}`;
        throw new Fault(
          place,
          `${what}() takes ${wanted} argument${most === 1 ? "" : "s"}, not ${args.length}`,
        );
      }
      return body(args, place);
    },
  };
}

/** The text that an argument is, known here; `wanted` says what it ought to be. */
export function textOf(thing: Thing | undefined, place: Place, wanted: string): string {
  if (thing?.kind === "text" && thing.value.kind === "textConstant") return thing.value.text;
  throw new Fault(place, `${wanted}, as text`);
}
