/** Operators in the kernel and in the virtual machine, next to JavaScript: each is compiled and run by itself. */
import { assertEquals } from "@std/assert";
import { test } from "../_harness.ts";
import { computeOf } from "./_kernel.ts";
import { expected, OPERATORS, UNARY, WIDTHS } from "./cases/operators.ts";

const NEEDS = ["bpf"] as const;

for (const left of WIDTHS) {
  for (const right of WIDTHS) {
    for (const operator of Object.keys(OPERATORS)) {
      test(`${left.name} ${operator} ${right.name}`, { needs: NEEDS }, () => {
        // Each of one against each of the other
        const pairs = left.values.flatMap((a) => right.values.map((b) => [a, b] as const));
        const body = `(c, { left, right, output }) => {
          for (let i = 0; i < ${pairs.length}; i++) {
            const a = left.get(i) ?? 0, b = right.get(i) ?? 0;
            output.set(i, a ${operator} b);
          }
        }`;
        const found = computeOf(body, {
          left: { of: left.of, values: pairs.map(([a]) => a) },
          right: { of: right.of, values: pairs.map(([, b]) => b) },
        });
        const wanted = pairs.map(([a, b]) => expected(operator, a, b, left.signed || right.signed));
        assertEquals([...found.values()], wanted);
      });
    }
  }
}

for (const { name, of, values } of WIDTHS) {
  for (const [expression, rule] of Object.entries(UNARY)) {
    test(`${expression} of ${name}`, { needs: NEEDS }, () => {
      const body = `(c, { input, output }) => {
        for (let i = 0; i < ${values.length}; i++) {
          let a = input.get(i) ?? 0;
          output.set(i, ${expression});
        }
      }`;
      assertEquals([...computeOf(body, { input: { of, values } }).values()], values.map(rule));
    });
  }
}
