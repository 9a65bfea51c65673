/**
 * What break and continue leave.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Statement, Target } from "../ir/tree.ts";

/** A loop or block around a statement. */
interface Around {
  readonly target: Target;
  readonly isLoop: boolean;
  /** What continue leaves, where the passes of the loop are blocks of their own. */
  readonly pass?: Target;
}

/** Loops and blocks around a statement, the innermost last. */
export type Targets = readonly Around[];

/** A statement that leaves the loop or block of this label, or the innermost loop. */
export function leaving(
  targets: Targets,
  kind: "break" | "continue",
  label: string | undefined,
  place: Place,
): Statement {
  const found = targets.findLast(({ target, isLoop }) =>
    label === undefined ? isLoop : target.label === label && (isLoop || kind === "break")
  );
  if (found && kind === "continue" && found.pass) return { kind: "break", place, target: found.pass };
  if (found) return { kind, place, target: found.target };
  throw new Fault(place, `there is no loop to ${kind}`, "leave functions by return");
}
