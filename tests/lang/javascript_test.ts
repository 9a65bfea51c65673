import { assertEquals, assertThrows } from "@std/assert";
import { CompileError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { type Computation, compute } from "./_kernel.ts";

const NEEDS = ["bpf"] as const;

/** The function under test: what each form of it has to find is 42. */
function found(body: Computation | string): bigint | undefined {
  return compute(body, [21], { twice: 2 }).get(0);
}

test("functions are read in every form that they can have", { needs: NEEDS }, () => {
  const forms = [
    "(c, { input, output, twice }) => { output.set(0, input.get(0) * twice); }",
    "(c, { input, output, twice }) => output.set(0, input.get(0) * twice)",
    "(c, s) => s.output.set(0, s.input.get(0) * s.twice)",
    "(c, s) => { const { input, output: out } = s; out.set(0, input.get(0) * s.twice); }",
    "function (c, { input, output, twice }) { output.set(0, input.get(0) * twice); }",
    "function named(c, { input, output, twice }) { output.set(0, input.get(0) * twice); }",
    "named(c, { input, output, twice }) { output.set(0, input.get(0) * twice); }",
    "({},{input:i,output:t,twice:n})=>{t.set(0,i.get(0)*n)}",
    "(c, { input, output, twice }) => (void 0, output.set(0, (0, input.get(0)) * twice))",
    "(c, { input, output, twice }) => { var x = input['get'](0); x *= twice; output.set(0, x) }",
    "({}, {input, output}) => { for(var e=0,t=0;t<2;e+=input.get(0),t++);output.set(0,e) }",
    "(c, { input, output }) => { input.get(0) === 21 && output.set(0, 42) }",
    "(c, { input, output }) => { input.get(0) !== 21 || output.set(0, 42) }",
    "(c, { input, output }) => { if (!input.get(0)) return; return output.set(0, 0x2a), void 0 }",
    "(c, { input, output }) => input.get(0) ? output.set(0, 42) : output.set(0, 1)",
    "(c, { input, output }) => { const t = input.get(1); return void 0 === t ? (output.set(0, 42), 'pass') : 'pass' }",
    "(c, { input, output }) => { let x = 1e6; if (!1) x = 2; else if (!0) x -= 999958; output.set(0, x); }",
    "(c, { input, output }) => { { let x = 1; } let x = input.get(0); x = x + x; output.set(0, x); }",
    "(c, { input, output }) => { let i = 0, x = 0; while (i < 2) { x += input.get(0); i++ } output.set(0, x); }",
    "(c, { input, output }) => { let i = 2, x = 0; while (i--) x += input.get(0); output.set(0, x); }",
    "(c, { input, output }) => output?.set(0, input?.get(0) * 2)",
  ];
  for (const form of forms) assertEquals(found(form), 42n, form);
});

test("what runtimes make of TypeScript is read", { needs: NEEDS }, () => {
  assertEquals(
    found((_c, { input, output }) => {
      const value = input.get(0) as number;
      const twice: number = 1_000_000 - 999_998;
      output.set(0, value * twice);
    }),
    42n,
  );
  const object: { method: Computation } = {
    method(_c, { input, output }) {
      output.set(0, input.get(0)! * 2);
    },
  };
  assertEquals(found(object.method), 42n);
});

test("what kernel functions cannot have is named, with what to write instead", { needs: NEEDS }, () => {
  const faults: readonly [body: string, message: string][] = [
    ["async (c) => {}", "the kernel waits for nothing: take away async"],
    ["function* (c) {}", "the kernel waits for nothing"],
    ["(c, s, x) => {}", "it has two parameters"],
    ["(c = 1) => {}", "parameters are names, or names in braces, without defaults"],
    ["(c, { ...rest }) => {}", "name what you need"],
    ["(c) => { try {} catch {} }", "never throws"],
    ["(c) => { throw 1; }", "no throw statement: return"],
    ["(c, { output }) => { output.set(0, `${c.cpu}`); }", "put them together in the script"],
    ["(c, { output }) => { output.set(0, 0.5); }", "0.5: the kernel has no fractions"],
    ["(c, { output }) => { output.set(0, 1e30); }", "beyond 2^53, where JavaScript rounds"],
    ["(c, { output }) => { output.set(0, typeof c); }", "kernel functions have no typeof"],
    ["(c, { output }) => { output.set(0, 2 ** 3); }", "no **: multiply, or shift 1"],
    ["(c, { output }) => { output.set(0, [1]); }", "a list is no number"],
    [
      "(c) => { const f = (n) => f(n - 1); f(3); }",
      "it calls itself, and the kernel has 512 bytes of stack: write a loop",
    ],
    ["(c) => { for (const x of c.cpu) {} }", "a number has no elements to go through: go through a list"],
    ["(c, { input }) => { const l = [1, 2]; l[input.get(0)]; }", "go through it by for…of"],
    ["(c) => { class A {} }", "kernel functions have no class declaration: write functions"],
    ["(c, { output }) => { output.set(0, 1 << 40); }", "shift a bigint: 1n << 40n"],
    ["(c, { output }) => { output.x = 1; }", 'map "output" has no "x"'],
    ["(c, { output }) => { const x = 1; x = 2; }", '"x" cannot be assigned to'],
    ["(c, { output }) => { cov_1a2b().s[0]++; }", "a tool for coverage wrote its counters into it"],
    ["(c, { output }) => { output.set(0, 1 }", "it cannot be parsed"],
    ["function () { [native code] }", "it has no source, as bound and built-in functions do not"],
    ["(c) => { break; }", "it cannot be parsed"],
    ["(c, { output }) => { outside(1); }", '"outside" is not of this function'],
    ["(c, { output }) => { outptu.set(0, 1); }", 'did you mean "output"?'],
    ["(c, { output }) => { output.sett(0, 1); }", 'map "output" has no "sett": did you mean "set" or "get"?'],
    ["(c, { output }) => { output.set(0); }", "set() takes 2 arguments, not 1"],
    ["(c, { output }) => { output.set('a', 1); }", 'the key of "output" is u32, and this is text'],
    ["(c, { missing }) => { }", 'the second argument has no "missing": pass it: { missing }'],
    [
      "(c, { output }) => { output.set(0, c.ipv4().sadr); }",
      'struct iphdr has no "sadr": did you mean "saddr" or "daddr"?',
    ],
    ["(c, { output }) => { output.set(0, c.pid); }", 'the context has no "pid": it has device, queue'],
    ["(c, { output }) => 'psas'", '"psas" is no verdict'],
  ];
  for (const [body, message] of faults) assertThrows(() => found(body), CompileError, message, body);
});
