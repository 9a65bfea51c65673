/**
 * What users read where the compiler refuses a function. Each text is what they are to understand without a look into this code:
 * what is wrong, and what to write instead.
 *
 * @module
 */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { counter, hash, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

/** Every message: what cannot be done, with the file, the line and the column, then what is wrong. */
const HEAD = /^Cannot compile the kernel function at [^:]+:\d+:\d+: /;

/** Functions, and what is said of them behind the place. */
const TEXTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "names that are not there": {
    "(c) => c.comn": 'the context has no "comn": did you mean "comm"?',
    "(c) => c.args.next_pidd": 'the tracepoint has no "next_pidd": did you mean "next_pid" or "next_prio"?',
    "(c, { counts }) => counts.cuont(1)": 'counter "counts" has no "cuont": did you mean "count"?',
    "(c, { start }) => start.gett(1)": 'map "start" has no "gett": did you mean "get" or "set"?',
    "(c, { count }) => count.count(1)": 'the second argument has no "count": did you mean "counts"?',
    "(c, { ports }) => ports.get(1)": 'the second argument has no "ports": pass it: { ports }',
  },
  "names from around": {
    "(c) => MIN_PID < c.pid": '"MIN_PID" is not of this function, and the kernel sees nothing around it: ' +
      "pass it in the second argument: { MIN_PID }, (c, { MIN_PID }) => …",
    "(c) => { console.log(c.pid) }": '"console" is the script\'s, and the kernel has none: ' +
      "return what is to be printed, and print it in the script",
    "(c) => Date.now()":
      '"Date" is the script\'s, and the kernel has none: c.nsecs is the clock, in nanoseconds',
    "(c) => { this.x }":
      "kernel functions have no this expression: all that it needs is in its two arguments",
  },
  "what the language has not": {
    "async (c) => { await c.pid }": "the kernel waits for nothing: take away async and *",
    "function* (c) { yield 1 }": "the kernel waits for nothing: take away async and *",
    "(c) => { class A {} }": "kernel functions have no class declaration: write functions",
    "(c) => { try {} catch {} }":
      "kernel functions have no try statement: what cannot be read is 0 or empty, and never throws",
    "(c) => { throw 1 }": "kernel functions have no throw statement: return",
    "(c) => { debugger }": "kernel functions have no debugger statement: take it away",
    "(c) => { for (const k in c) {} }":
      "kernel functions have no for in statement: go through a list by for…of, or count",
    "(c) => /a/.test(c.comm)": "the kernel has no regular expressions: compare with ===",
    "(c) => ({ ...c })": "the kernel cannot spread: name each field",
    "(c) => { const l = [1, ...[2]] }":
      "lists have neither holes nor others spread in them: write each element",
    "(c) => new Map()": "kernel functions have no new expression: write a record: { a, b }",
    "(c) => { delete c.pid }": "kernel functions have no delete: take keys out of maps by delete()",
    "(c) => { const f = () => f(); f() }":
      "it calls itself, and the kernel has 512 bytes of stack: write a loop",
    "(c) => 1.5": "1.5: the kernel has no fractions: scale: count in thousandths",
  },
  "types that do not go together": {
    "(c) => { if (c.comm === 5) return 1 }": 'text cannot be compared with a number: put it in quotes: "5"',
    "(c) => { if (c.comm === c.pid) return 1 }":
      "text cannot be compared with a number: read the text: c.str(…)",
    "(c) => { if (c.pid === 'a') return 1 }":
      "text cannot be compared with a number: compare it with a number, " +
      "or, where it is the address of a text, read the text: c.str(…)",
    "(c) => { let t = 'a'; if (c.pid) t = 'abcd'; return { t } }":
      '"t" has 2 bytes, and this text may have 5: ' +
      "declare it with the longest text first, or a variable for each",
    "(c) => c.comm + 1": "the kernel cannot compute with text by +: send the parts in an event",
    "(c) => { c.pid() }": "a number cannot be called",
    "(c) => { c.pid = 3 }": "a number cannot be assigned to: change maps with set()",
  },
  "arguments too few and too many": {
    "(c, { counts }) => counts.count(1, 2, 3)": "count() takes 0 to 2 arguments, not 3",
    "(c, { start }) => start.set(1)": "set() takes 2 arguments, not 1",
    "(c, { start }) => start.get()": "get() takes 1 argument, not 0",
    "(c) => c.kstr()": "kstr() takes 1 to 2 arguments, not 0",
  },
  "counters of coverage": {
    "(c) => { cov_abc().s[0]++; c.pid }":
      "a tool for coverage wrote its counters into it: leave this file out of coverage",
  },
  "records, in events and maps": {
    "(c) => ({ a: c })": "the context cannot be stored: store members of it",
    "(c) => ({ a: { b: c.args } })": "the tracepoint cannot be stored: store members of it",
    "(c) => ({ a: [1, 2] })": "a list cannot be stored: give each element a name: { first, second }",
    "(c) => ({ a: () => 1 })": "the function cannot be stored: call it",
    "(c) => ({ a: undefined })": "there is nothing to store: leave it out",
    "(c) => { const l = [1, 2]; return { x: l[5] } }": "there is nothing to store: leave it out",
    "(c) => ({ a: 1, a: 2 })": '"a" is there twice',
    "(c) => { const r = { a: 1 }; return r.b }": 'the record has no "b": did you mean "a"?',
    "(c, { start }) => { start.set({ a: 1 }, 2); start.set({ b: 1 }, 2) }":
      'the key of "start" lacks "a": it is {a: s64}',
    "(c, { start }) => { start.set(1, { a: 1 }); start.set(2, { a: 'x' }) }":
      '"a" of the value of "start" is s64, and this is text',
    "(c, { start }) => { start.set(1, { a: { b: 1 } }); const e = start.get(1); e.a.c }":
      'the record {b: s64} has no "c": did you mean "b"?',
    "(c, { start }) => { start.set(1, { a: 1 }); start.locked(1, (v) => v) }":
      'what "start" holds has no locks: make it of records, with locks: ' +
      "hash(u32, struct({ … }), { locks: true })",
    "(c, { counts }) => { counts.count({ a: c.comm }); counts.count(5) }":
      'the key of "counts" is {a: text of 16 bytes}, and this is a number',
  },
  "functions as minifiers leave them": {
    "({args:e})=>{e.next_pidd}": 'the tracepoint has no "next_pidd": did you mean "next_pid" or "next_prio"?',
    "(e,{start:t})=>(t.gett(1),void 0)": 'map "start" has no "gett": did you mean "get" or "set"?',
  },
};

for (const [what, texts] of Object.entries(TEXTS)) {
  test(`errors of ${what} say what to write`, { needs: NEEDS }, () => {
    for (const [source, expected] of Object.entries(texts)) {
      using counts = counter();
      using start = hash();
      // What an engine would print of it: only the text counts
      const body = Object.assign(() => {}, { toString: () => source });
      const { message } = assertThrows(
        () => tracepoint("sched:sched_switch", { counts, start }, body),
        CompileError,
        undefined,
        source,
      );
      assertMatch(message, HEAD);
      assertEquals(message.replace(HEAD, ""), expected, source);
    }
  });
}

test("errors of probes that do not exist name the closest", { needs: NEEDS }, () => {
  assertEquals(
    assertThrows(() => tracepoint("sched:sched_swich", () => {}), NotFoundError).message,
    'Cannot find tracepoint "sched:sched_swich": the group has no such event: did you mean "sched_switch"?',
  );
  assertEquals(
    assertThrows(() => rawTracepoint("sched_swich" as "sched_switch", () => {}), NotFoundError).message,
    'Cannot load program "sched_swich" (tracing): the kernel has no "sched_swich" to attach to: ' +
      'did you mean "sched_switch"?',
  );
});
