/** Loops of any length, by whatever the kernel has for them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { CompileError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { compute, computeBy } from "./_kernel.ts";

const NEEDS = ["bpf-loop"] as const;
const INPUTS = [7, 100, 3];

/** Statements with loops that the verifier does not follow to their end. */
const LOOPS: Readonly<Record<string, string>> = {
  "a long loop": "let n = 0; for (let i = 0; i < 200000; i++) n += i; out(0, n)",
  "a long loop downward": "let n = 0; for (let i = 100000; i > 5; i -= 3) n ^= i; out(0, n)",
  "long loops in each other":
    "let n = 0; for (let i = 0; i < 400; i++) for (let j = 0; j < 300; j++) n += i ^ j; out(0, n)",
  "a loop to what nobody knows":
    "let n = 0, i = 0; while (i < inp(0) * 1000) { n += i; i++ } out(0, n); out(1, i)",
  "a loop that asks behind its body":
    "let n = 0, i = 0; do { n += i; i += inp(2) } while (i < inp(1)); out(0, n); out(1, i)",
  "continue and break":
    "let n = 0; for (let i = 0; i < 50000; i++) { if (i % 3 === 0) continue; if (i > 40000) break; n += i } out(0, n)",
  "break of a loop around":
    "let n = 0; a: for (let i = 0; i < 3000; i++) { for (let j = 0; j < 3000; j++) { if (j > i) continue a; if (i * j > 500) break a; n++ } } out(0, n)",
  "break of a block around":
    "let n = 0; a: { for (let i = 0; i < 5000; i++) { n += i; if (n > 9999) break a } n = 1 } out(0, n)",
  "continue of a short loop around":
    "let n = 0; a: for (let k = 0; k < 4; k++) { let i = 0; while (true) { i++; if (i > inp(0) * k) continue a; n += i } } out(0, n)",
  "variables around and inside":
    "let least = inp(1), at = 0; for (let i = 0; i < 5000; i++) { const v = (i * 7919) % 4099; if (i > 9 && v < least) { least = v; at = i } } out(0, least); out(1, at)",
  "what is found in a map":
    "let n = 0, i = 0; while (true) { const x = inp(i % 3); if (x === undefined || i > 3000) break; n += x; i++ } out(0, n)",
  "functions that return from a loop":
    "const f = (least) => { for (let i = 0; i < 100000; i++) if (i * i > least) return i; return 0 }; out(0, f(inp(1) * 1000)); out(1, f(inp(0)))",
  "writing from a loop": "let i = 0; while (i < inp(0)) { out(i, i * i); i++ }",
};

const WAYS = [["may_goto", "may-goto"], ["bpf_loop", "bpf-loop"]] as const;

for (const [way, need] of WAYS) {
  for (const [name, statements] of Object.entries(LOOPS)) {
    test(`${name} runs by ${way}`, { needs: [need] }, () => {
      const found = new Map<number, bigint>();
      new Function("out", "inp", statements)(
        (key: number, value: number) => found.set(key, BigInt(value)),
        (key: number) => INPUTS[key],
      );
      const kernel = statements.replaceAll("out(", "output.set(").replaceAll("inp(", "input.get(");
      const result = computeBy(way, `(c, { input, output }) => { ${kernel} }`, INPUTS);
      const expected = [...found].sort(([a], [b]) => a - b);
      assertEquals([[...result.found], result.returnValue], [expected, 2]);
      assert(result.explained.includes(way === "may_goto" ? "may_goto" : "call bpf_loop"), result.explained);
      assertEquals([...compute(`(c, { input, output }) => { ${kernel} }`, INPUTS)], expected);
    });
  }

  test(`a program is left from a loop by ${way}`, { needs: [need] }, () => {
    const body = (answer: string) =>
      `(c, { input, output }) => { for (let i = 0; i < 90000; i++) { output.set(0, i); if (i > input.get(0)) { ${answer} } } output.set(1, 1); }`;
    const left = computeBy(way, body("return 1;"), INPUTS);
    assertEquals([[...left.found], left.returnValue], [[[0, 8n]], 1]);
    const inner = computeBy(way, body("while (true) { i++; if (i > input.get(1)) return 3; }"), INPUTS);
    assertEquals([[...inner.found], inner.returnValue], [[[0, 8n]], 3]);
  });
}

test("short loops are followed pass by pass, without help of the kernel", { needs: NEEDS }, () => {
  const { explained } = computeBy(
    "bpf_loop",
    "(c, { output }) => { for (let i = 0; i < 900; i++) output.set(i, i); }",
  );
  assert(!explained.includes("bpf_loop"), explained);
});

test("more passes than the kernel has are refused", { needs: NEEDS }, () => {
  assertThrows(
    () =>
      compute(
        "(c, { output }) => { let n = 0; for (let i = 0; i < 9000000; i++) n += i; output.set(0, n); }",
      ),
    CompileError,
    "this loop has 9000000 passes, and the kernel ends loops after 8388608",
  );
});
