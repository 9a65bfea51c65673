import type { NewBtfType } from "./types.ts";

/** An integer of C of so many bytes; `int` where nothing is said. */
export function intType(name = "int", size = 4, signed = true): Extract<NewBtfType, { kind: "int" }> {
  return { kind: "int", name, size, bits: size * 8, bitOffset: 0, signed, bool: false, char: false };
}
