/** The methods of maps do in the kernel what those of a `Map` do in JavaScript. */
import { assertEquals } from "@std/assert";
import { test } from "../_harness.ts";
import { compute } from "./_kernel.ts";

/** By method; `i` is what is known before, `o` what is written. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  set: [
    "o.set(0, 1)",
    "o.set(0, 1); o.set(0, 2)",
    "o.set(i.get(0), 1)",
    "o.set(0, i.get(0)); o.set(1, o.get(0))",
    "for (let n = 0; n < 5; n++) o.set(n, n * n)",
    "o.set(i.get(0) & 3, i.get(0) >> 1)",
    "const k = i.get(0) > 5 ? 1 : 2; o.set(k, k)",
    "i.get(0) > 5 && o.set(1, 2)",
  ],
  get: [
    "o.set(0, i.get(0) ?? 5)",
    "o.set(0, i.get(9) ?? 5)",
    "o.set(0, i.get(9) ?? i.get(0) ?? 5)",
    "o.set(0, i.get(9) === undefined ? 1 : 2)",
    "const v = i.get(0); if (v === undefined) o.set(0, 1); else o.set(0, v + 1)",
    "const v = i.get(9); if (v) o.set(0, v); else o.set(1, 1)",
    "const v = i.get(0); if (v !== undefined && v > 5) o.set(0, v)",
    "o.set(0, (o.get(0) ?? 0) + 1); o.set(0, (o.get(0) ?? 0) + 1)",
    "for (let n = 0; n < 4; n++) o.set(n & 1, (o.get(n & 1) ?? 0) + n)",
    "o.set(0, i.get(i.get(1) ?? 0) ?? 8)",
    "let s = 0; for (let n = 0; n < 4; n++) s += i.get(n) ?? 100; o.set(0, s)",
    "const v = o.get(0); o.set(0, 3); o.set(1, v ?? 7); o.set(2, o.get(0) ?? 8)",
  ],
  has: [
    "o.set(0, i.has(0) ? 1 : 2)",
    "o.set(0, i.has(9) ? 1 : 2)",
    "if (!i.has(9)) o.set(0, 1)",
    "if (i.has(0) && !o.has(0)) o.set(0, 1); if (o.has(0)) o.set(1, 2)",
    "for (let n = 0; n < 5; n++) if (i.has(n)) o.set(n, 1)",
    "const there = i.has(i.get(0)); o.set(0, there ? 1 : 2)",
  ],
  delete: [
    "o.set(0, 1); o.delete(0)",
    "o.delete(0); o.set(0, 1)",
    "o.set(0, 1); o.set(1, 2); o.delete(0)",
    "o.set(0, 1); o.delete(0); o.set(1, o.has(0) ? 1 : 2)",
    "o.set(0, 1); o.delete(0); o.set(1, o.get(0) ?? 9)",
    "for (let n = 0; n < 6; n++) o.set(n, n); for (let n = 0; n < 6; n += 2) o.delete(n)",
    "o.set(i.get(0), 1); o.delete(i.get(0)); o.set(1, 1)",
    "o.set(0, 1); i.get(0) > 5 && o.delete(0)",
    "o.set(0, 1); o.set(1, o.delete(0) ? 1 : 2); o.set(2, o.delete(0) ? 1 : 2)",
  ],
};

for (const [method, cases] of Object.entries(CASES)) {
  test(`${method}() of a map does what it does in JavaScript`, { needs: ["bpf"] }, () => {
    for (const statements of cases) {
      for (const values of [[7, 1], [12, 0], [0, 9]]) {
        const written = new Map<number, number>();
        new Function("i", "o", statements)(new Map(values.entries()), written);
        const expected = [...written].sort(([a], [b]) => a - b).map(([key, value]) => [key, BigInt(value)]);
        const found = compute(`(c, { input: i, output: o }) => { ${statements} }`, values);
        assertEquals<unknown>([...found], expected, `${statements} of ${values}`);
      }
    }
  });
}
