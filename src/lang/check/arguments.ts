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
