/**
 * Functions that the kernel calls when the program is over.
 *
 * @module
 */
import { CALL, LD_IMM64 } from "../../asm/mod.ts";
import { Fault } from "../ir/place.ts";
import type { Code } from "./code.ts";
import { CONTEXT } from "./emitter.ts";

/** @throws {Fault} The function that is being made, which is called later, uses the context. */
export function checkContext(code: Code): void {
  const { number } = CONTEXT;
  const place = code.findPlace(
    0,
    ({ opcode, dst, src }) => dst === number || src === number && opcode !== LD_IMM64 && opcode !== CALL,
  );
  if (!place) return;
  throw new Fault(
    place,
    "what the program was called with is gone by the time that the timer goes off",
    "keep it in a map, by the key of the timer",
  );
}
