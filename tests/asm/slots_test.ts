import { assertEquals } from "@std/assert";
import { exit, indicesBySlot, isWide, ldImm64, ldMap, mov, r0, r1, slotsByIndex } from "../../src/asm/mod.ts";
import { test } from "../_harness.ts";

// Slot numbers as llvm-objdump prints them for: r0 = 0; r1 = 1 ll; exit; r1 = 2 ll
const program = [mov(r0, 0), ldImm64(r1, 1), exit(), ldMap(r1, "counts")];

test("isWide() is true for 64-bit immediate loads only", () => {
  assertEquals(program.map(isWide), [false, true, false, true]);
});

test("slotsByIndex() gives the slot of each instruction and the number of slots", () => {
  assertEquals(slotsByIndex(program), Uint32Array.of(0, 1, 3, 4, 6));
});

test("indicesBySlot() gives the instruction in each slot, none for second slots", () => {
  assertEquals(indicesBySlot(program), Int32Array.of(0, 1, -1, 2, 3, -1));
});
