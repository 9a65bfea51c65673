/**
 * Bytes that are sent as they are.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import { DATA_AT, type DataType } from "../ir/type.ts";
import { scalarOf } from "./convert.ts";
import type { Thing } from "./thing.ts";

/** More than a packet, or a record on the stack, has, in bytes. */
export const MOST_DATA = 0xffff;

/** The type of data that there is room for so many bytes of, which is a constant. */
export function dataType(most: Thing, place: Place): DataType {
  const value = scalarOf(most, place);
  const room = value.kind === "constant" ? Number(value.value) : 0;
  if (room < 1 || room > MOST_DATA) {
    throw new Fault(place, `how many bytes there is room for is a constant from 1 to ${MOST_DATA}`);
  }
  return { kind: "data", size: DATA_AT + Math.ceil(room / 4) * 4 };
}
