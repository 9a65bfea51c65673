/**
 * What listings have in common.
 *
 * @module
 */
import { type Holder, objectHolders, objectPins } from "../../kernel/mod.ts";
import type { Column } from "../../output/mod.ts";
import type { ObjectKind } from "../../sys/mod.ts";

/** An object with those who keep it. */
export interface Held {
  readonly id: number;
  readonly holders: readonly Holder[];
  readonly pins: readonly string[];
}

/** A kind of objects that is listed. */
export interface Listing<R extends Held> {
  readonly columns: readonly Column<R>[];
  /** All there are, by ascending id. */
  rows(): readonly R[];
  /** A row as `--json` prints it: with the names of `bpftool -j`. */
  record(row: R): Readonly<Record<string, unknown>>;
}

/** Puts those who keep objects beside what is known of them. */
export function held<I extends { readonly id: number }>(
  kind: ObjectKind,
  objects: readonly I[],
): (I & Held)[] {
  const [holders, pins] = [objectHolders(), objectPins()];
  return objects.map((info) => ({
    ...info,
    holders: holders.of(kind, info.id),
    pins: pins.of(kind, info.id),
  }));
}

/** The columns that all listings end with. */
export const HELD_COLUMNS: readonly Column<Held>[] = [
  { header: "PIDS", value: ({ holders }) => holders.map(({ pid, comm }) => `${comm}(${pid})`).join(" ") },
  { header: "PINS", value: ({ pins }) => pins.join(" ") },
];

/** The members that all records end with. */
export function heldMembers({ holders, pins }: Held): Readonly<Record<string, unknown>> {
  return {
    ...pins.length > 0 && { pinned: pins },
    ...holders.length > 0 && { pids: holders.map(({ pid, comm }) => ({ pid, comm })) },
  };
}
