/**
 * Locks of records in maps.
 *
 * @module
 */
import { add, CALL, call, ldx, mov, r0, r1, r10, stx } from "../../asm/mod.ts";
import { Fault } from "../ir/place.ts";
import type { Effect } from "../ir/tree.ts";
import type { Code } from "./code.ts";
import type { Emitter } from "./emitter.ts";

type Locked = Extract<Effect, { kind: "locked" }>;

/**
 * Does something while a lock is held.
 *
 * @throws {Fault} It calls something of the kernel: the verifier lets nobody.
 */
export function emitLocked(emitter: Emitter, { record, offset, body, place }: Locked): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const [at, missing] = [frame.allocate(8, place), code.label()];
    emitter.optional(record, missing);
    code.at(place);
    code.add(stx("u64", [r10, at], r0), mov(r1, r0), add(r1, offset), call("bpf_spin_lock"));
    const start = code.length;
    emitter.effect(body);
    checkCalls(code, start);
    code.at(place);
    code.add(ldx("u64", r1, [r10, at]), add(r1, offset), call("bpf_spin_unlock"));
    code.place(missing);
  });
}

function checkCalls(code: Code, start: number): void {
  const place = code.findPlace(start, ({ opcode }) => opcode === CALL);
  if (!place) return;
  throw new Fault(
    place,
    "nothing of the kernel can be called while a lock is held",
    "do that before, and keep it in a variable",
  );
}
