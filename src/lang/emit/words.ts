/**
 * Several texts in one piece, as a process has its arguments.
 *
 * @module
 */
import { add, call, jeq, jle, ldx, mov, r0, r1, r10, r2, r3, st, stx, sub } from "../../asm/mod.ts";
import type { Words } from "../ir/tree.ts";
import { WORDS_AT } from "../ir/type.ts";
import type { Destination } from "./bytes.ts";
import type { Emitter } from "./emitter.ts";
import { readerOf } from "./loads.ts";

/** Writes the length of what is between the addresses, as far as there is room for it, and then as many bytes of it. */
export function emitWords(
  emitter: Emitter,
  { from, to, type, place }: Words,
  { base, offset }: Destination,
): void {
  const { code, frame } = emitter;
  const room = type.size - WORDS_AT;
  frame.within(() => {
    const start = frame.allocate(8, place);
    emitter.scalar(from);
    code.add(stx("u64", [r10, start], r0));
    emitter.scalar(to);
    code.at(place);
    code.add(ldx("u64", r3, [r10, start]), mov(r2, r0), sub(r2, r3));
    const fits = code.label();
    code.jump(jle(r2, room, 0), fits);
    code.add(mov(r2, room));
    code.place(fits);
    code.add(
      stx("u32", [base, offset], r2),
      mov(r1, base),
      add(r1, offset + WORDS_AT),
      call(readerOf(from.type)),
    );
    const read = code.label();
    code.jump(jeq(r0, 0, 0), read);
    code.add(st("u32", [base, offset], 0));
    code.place(read);
  });
}
