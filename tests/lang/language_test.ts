import { assertEquals, assertThrows } from "@std/assert";
import { CompileError } from "../../src/errors.ts";
import { kernelVersionCode, versionCode } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";
import { compute } from "./_kernel.ts";
import { MINIFIED } from "./cases/minified.ts";

const NEEDS = ["bpf"] as const;

/** What statements that write into out(key, value) come to in the kernel, and in the engine. */
function same(statements: string, inputs: readonly number[] = []): void {
  const kernel = `(c, { input, output }) => { ${
    statements.replaceAll("out(", "output.set(").replaceAll("inp(", "input.get(")
  } }`;
  const found = new Map<number, bigint>();
  const run = new Function("out", "inp", statements);
  run((key: number, value: number) => found.set(key, BigInt(value)), (key: number) => inputs[key]);
  const expected = [...found].sort(([a], [b]) => a - b);
  assertEquals([...compute(kernel, inputs)], expected, statements);
}

const CASES: Readonly<Record<string, readonly string[]>> = {
  "do…while runs its body first": [
    "let i = 0, n = 0; do { n += i } while (++i < 5); out(0, n)",
    "let i = 9, n = 0; do n++; while (++i < 5); out(0, n)",
    "let i = 0, n = 0; do { if (i === 2) continue; n += i } while (++i < 5); out(0, n)",
  ],
  "labels lead out of loops and blocks": [
    "let n = 0; a: for (let i = 0; i < 5; i++) for (let j = 0; j < 5; j++) { if (j > i) continue a; if (i > 3) break a; n += j } out(0, n)",
    "let n = 1; a: { if (inp(0) > 5) break a; n = 2 } out(0, n)",
    "let n = 0; a: for (const x of [1, 2, 3]) for (const y of [1, 2, 3]) { if (y > x) continue a; if (x === 3) break a; n += y } out(0, n)",
  ],
  "switch goes on with the next case, and has default anywhere": [
    "for (let i = 0; i < 6; i++) { let n = 0; switch (i) { case 1: n += 1; case 2: n += 2; break; default: n += 4; case 3: n += 8; if (i === 3) break; n += 16; case 4: n += 32 } out(i, n) }",
    "let n = 0; for (let i = 0; i < 4; i++) switch (i) { case 1: continue; case 3: for (let j = 0; j < 9; j++) { if (j === 4) break; n += j } } out(0, n)",
  ],
  "names in brackets are elements of lists": [
    "const l = [3, inp(0), 7]; const [a, b] = l; const [, , d] = l; out(0, a); out(1, b); out(2, d)",
    "let [a, b] = [inp(0), 2]; a += b; b = a * 2; out(0, a); out(1, b)",
    "const [{ x }, [y, z]] = [{ x: inp(0) }, [4, 5]]; out(0, x * 100 + y * 10 + z)",
    "let n = 0; for (const [a, b] of [[1, 2], [3, inp(0)]]) n = n * 100 + a * 10 + b; out(0, n)",
  ],
  "for…of goes through lists": [
    "let n = 0; for (const x of [3, 5, 7]) { if (x === 5) continue; n = n * 10 + x } out(0, n)",
    "const l = [3, inp(0), 7]; let n = 0; for (const x of l) n = n * 100 + x; out(0, n); out(1, l.length); out(2, l[1])",
    "const p = [80, 443, inp(0)]; out(0, p.includes(inp(0) + 1) ? 1 : 2); out(1, p.includes(443) ? 1 : 2); out(2, p.includes(inp(0)) ? 1 : 2)",
    "let n = 0; for (const { a, b } of [{ a: 1, b: 2 }, { a: 3, b: 4 }]) n = n * 100 + a * 10 + b; out(0, n)",
  ],
  "let needs no value": [
    "let x; if (inp(0) > 5) x = 1; out(0, x ?? 7); out(1, x === undefined ? 1 : 0)",
    "let x; for (let i = 0; i < 4; i++) { if (x !== undefined) out(i, x); x = i * 2 }",
    "let x, y; x = y = 4; x += 2; out(0, x); out(1, y); x = undefined; out(2, x ?? 9)",
  ],
  "what is assigned is a value, also where it may be missing": [
    "let x = inp(0), y = inp(5); out(0, (x = y) ?? 4); out(1, x ?? 5); out(2, (y = inp(0)) ?? 6); out(3, y ?? 7)",
    "let x = inp(5); const a = inp(0) > 8 || (x = inp(0)); out(0, x ?? 3); out(1, a ? 1 : 2)",
    "let x = inp(0), n = 0; inp(0) > 8 && (x = inp(5)), n++; out(0, x ?? 3); out(1, n)",
    "let x, y; x = y = inp(0); out(0, x ?? 1); out(1, y ?? 2)",
  ],
  "functions are called also where nobody uses what they return": [
    "const f = (x) => { out(x, x); return inp(0) }; f(1); f(2)",
    "const f = (x) => { out(x, x); return 'text' }; f(1); f(2)",
    "const f = (x) => { if (x > 1) return inp(0); out(x, 9); return inp(5) }; f(1); f(2); inp(0) > 7 ? f(0) : f(3)",
  ],
  "functions in the function": [
    "const f = (x) => x * x + 1; out(0, f(inp(0)) + f(3))",
    "const f = (x, y) => { if (x > y) return x; return y }; out(0, f(inp(0), 3)); out(1, f(inp(0), 300))",
    "const f = (x) => { if (x > 5) return; return x + 1 }; out(0, f(inp(0)) ?? 55); out(1, f(2) ?? 55)",
    "const f = (x) => { for (let i = 0; i < 10; i++) { if (i * i >= x) return i } return 10 }; out(0, f(inp(0))); out(1, f(30))",
    "let n = 0; const f = (x) => { n += x }; f(1); f(inp(0)); out(0, n)",
    "function even(x) { return x % 2 === 0 } let n = 0; for (let i = 0; i < 9; i++) if (even(i)) n += i; out(0, n)",
    "out(0, later(4)); function later(x) { x++; x *= 2; return x }",
    "const g = (x) => x > 3 && x < 9, f = (x, { a, b }) => g(x) ? a : b; out(0, f(inp(0), { a: 1, b: 2 })); out(1, f(9, { a: 1, b: 2 }))",
    "let n = 0; const next = () => ++n; const twice = (x) => x + x; out(0, twice(next())); out(1, n)",
  ],
  "Math, and names of numbers": [
    "out(0, Math.min(inp(0), 3)); out(1, Math.max(inp(0), 3, 100)); out(2, Math.abs(0 - inp(0))); out(3, Math.min(0 - inp(0), 1))",
    "let n = 0; const f = () => ++n; out(0, Math.max(f(), 0)); out(1, n); out(2, Number(inp(0)) + Number(1))",
  ],
  "texts are chosen, assigned and compared": [
    "const t = inp(0) > 5 ? 'long' : 'no'; out(0, t === 'long' ? 1 : 2); out(1, t.startsWith('lo') ? 1 : 2); out(2, t.startsWith('lon ') ? 1 : 2)",
    "let t = 'abcdefghi'; if (inp(0) > 5) t = 'xy'; const u = inp(0) > 9 ? 'xy' : 'z'; out(0, t === 'xy' ? 1 : 2); out(1, t === u ? 1 : 2)",
    "const f = (x) => { if (x > 5) return 'five'; return 'less' }; out(0, f(inp(0)) === 'five' ? 1 : 2); out(1, f(1) === 'less' ? 1 : 2)",
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  test(`language: ${name}`, { needs: NEEDS }, () => {
    for (const statements of cases) for (const input of [7, 12, 0]) same(statements, [input]);
  });
}

for (const [name, cases] of Object.entries(MINIFIED)) {
  test(`language, minified: ${name}`, { needs: NEEDS }, () => {
    for (const statements of cases) for (const input of [7, 12, 0]) same(statements, [input]);
  });
}

test("language: lists of the script are known when a function is compiled", { needs: NEEDS }, () => {
  const body = `(c, { PORTS, NAMES, input, output }) => {
    let sum = 0;
    for (const port of PORTS) sum += port;
    output.set(0, sum);
    output.set(1, PORTS.includes(input.get(0)) ? 1 : 2);
    output.set(2, PORTS[1]);
    output.set(3, PORTS.length);
    output.set(4, NAMES[0] === "curl" ? 1 : 2);
    output.set(5, NAMES.includes("wget") ? 1 : 2);
  }`;
  const shared = { PORTS: [80, 443n, 8080], NAMES: ["curl", "ssh"] };
  assertEquals([...compute(body, [443], shared).values()], [8603n, 1n, 443n, 3n, 1n, 2n]);
  assertEquals(compute(body, [442], shared).get(1), 2n);
  const none = { PORTS: [null] as unknown as number[], NAMES: [] };
  assertThrows(() => compute(body, [], none), CompileError, "cannot be handed null");
});

if (kernelVersionCode() >= versionCode("6.9")) {
  test("language: loops end where a variable says", { needs: NEEDS }, () => {
    for (const count of [0, 1, 100, 100_000]) {
      same("const n = inp(0); let s = 0; for (let i = 0; i < n; i++) s += i; out(0, s)", [count]);
      same("let n = inp(0), s = 0; for (;;) { if (n <= 0) break; n -= 3; s++ } out(0, s)", [count]);
    }
  });
}
