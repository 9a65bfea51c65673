import { assert, assertEquals, assertThrows } from "@std/assert";
import { BtfBuilder, mergeBtf } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { compiledBtf, objectBtf } from "./_objects.ts";
import { FIRST, SECOND } from "./_sources.ts";

test("mergeBtf() tells where the types of each input went", { needs: ["clang", "llvm-objdump"] }, () => {
  const inputs = [compiledBtf(FIRST), compiledBtf(SECOND)];
  const { btf, ids } = mergeBtf(inputs);
  const places = (name: string, kind: "struct" | "forward") =>
    inputs.map((input, i) => ids[i]?.[input.find(name, kind)?.id ?? 0]);
  const [sameA, sameB] = places("same", "struct");
  assertEquals(sameA, sameB);
  const [bitsA, bitsB] = places("bits", "struct");
  assert(bitsA !== bitsB);
  assertEquals(btf.type(bitsA ?? 0).name, "bits");
  // Declared in the first alone, and defined in the second alone
  assertEquals(places("later", "forward")[0], places("later", "struct")[1]);
  assertEquals(places("lonely", "forward")[0], places("lonely", "struct")[1]);
  inputs.forEach((input, i) => {
    for (const type of input.types()) {
      const there = btf.type(ids[i]?.[type.id] ?? 0);
      assertEquals([there.name, there.kind === type.kind || type.kind === "forward"], [type.name, true]);
    }
  });
});

test("mergeBtf() refuses split BTF", () => {
  const base = objectBtf("data.bpf");
  assertThrows(() => mergeBtf([new BtfBuilder({ base }).build()]), TypeError, "Cannot merge split BTF");
});
