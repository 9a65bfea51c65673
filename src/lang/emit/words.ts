/**
 * Several texts in one piece, as a process has its arguments.
 *
 * @module
 */
import { ldx, mov, r0, r10, r2, r3, stx, sub } from "../../asm/mod.ts";
import type { Words } from "../ir/tree.ts";
import type { Destination } from "./bytes.ts";
import type { Emitter } from "./emitter.ts";
import { readBehindLength } from "./loads.ts";

/** Writes the length of what is between the addresses, as far as there is room for it, and then as many bytes of it. */
export function emitWords(
  emitter: Emitter,
  { from, to: end, type, place }: Words,
  to: Destination,
): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const start = frame.allocate(8, place);
    emitter.scalar(from);
    code.add(stx("u64", [r10, start], r0));
    emitter.scalar(end);
    code.at(place);
    code.add(ldx("u64", r3, [r10, start]), mov(r2, r0), sub(r2, r3));
    readBehindLength(emitter, from.type, type.size, to);
  });
}
