import { assertEquals, assertMatch } from "@std/assert";
import { foldedStacks, type StackSample } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { random, randomText } from "./_random.ts";

test("foldedStacks() begins with the process and the outermost frame, and adds up", () => {
  assertEquals(
    foldedStacks([
      { frames: ["read", "main"], count: 3, labels: { comm: "cat", pid: 1 } },
      { frames: ["write", "main"], count: 1n },
      { frames: ["read", "main"], count: 2n ** 63n, labels: { comm: "cat", pid: 2 } },
    ]),
    "cat;main;read 9223372036854775811\nmain;write 1",
  );
  assertEquals(foldedStacks([]), "");
});

test("foldedStacks() keeps names apart and lines whole", () => {
  assertEquals(
    foldedStacks([{ frames: ["a;b", "two words", "line\nbreak", ""], count: 1 }, { frames: [], count: 2 }]),
    "[unknown] 2\n[unknown];line\\nbreak;two words;a:b 1",
  );
});

test("foldedStacks() reads back as stacks and sums", () => {
  const next = random(9);
  const samples = Array.from({ length: 200 }, (): StackSample => ({
    frames: Array.from({ length: Math.floor(next() * 4) }, () => randomText(next)),
    count: Math.floor(next() * 100),
  }));
  const lines = foldedStacks(samples).split("\n");
  for (const line of lines) assertMatch(line, /^[^;\p{Cc}]+(;[^;\p{Cc}]+)* \d+$/u);
  const sum = lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  assertEquals(sum, samples.reduce((sum, { count }) => sum + Number(count), 0));
  assertEquals(new Set(lines.map((line) => line.slice(0, line.lastIndexOf(" ")))).size, lines.length);
});
