import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CompileError, VerifierError } from "../../src/errors.ts";
import { hash, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

const FILE = fileURLToPath(import.meta.url);

/** Where the file has a text, as editors count. */
function placeOf(text: string): { readonly line: number; readonly column: number } {
  const lines = readFileSync(FILE, "utf8").split("\n");
  const line = lines.findIndex((one) => one.includes(text));
  return { line: line + 1, column: (lines[line] ?? "").indexOf(text) + 1 };
}

function failure(body: () => unknown): CompileError {
  return assertThrows(body, CompileError);
}

test("errors name the line and the column of the file", { needs: NEEDS }, () => {
  const error = failure(() =>
    rawTracepoint("sched_switch", (c) => {
      // Blank lines and comments, of which runtimes keep some: tgidd

      const next: { pid: number } = c.args.next;
      return { pid: next.pid, group: c.args.next.tgidd };
    })
  );
  assertEquals({ line: error.line, column: error.column }, placeOf("tgidd };"));
  assertEquals(error.file, FILE);
  assertEquals(
    error.message,
    `Cannot compile the kernel function at ${FILE}:${error.line}:${error.column}: ` +
      'struct task_struct has no "tgidd": did you mean "tgid"?',
  );
});

test("errors tell functions on one line apart", { needs: NEEDS }, () => {
  const outer = Number("3"); // Bun would put 3 in its place
  const error = failure(() => {
    using _first = tracepoint("sched:sched_switch", (c) => ({ pid: c.args.next_pid }));
    using _second = tracepoint("sched:sched_switch", (c) => ({ pid: c.args.next_pid + outer }));
  });
  assertEquals({ line: error.line, column: error.column }, placeOf("outer }));"));
  assertEquals(error.suggestion, "pass it in the second argument: { outer }, (c, { outer }) => …");
});

test("a function that needs too much stack is told so at what is too much", { needs: NEEDS }, () => {
  const error = failure(() =>
    rawTracepoint("sched_switch", (c) => {
      const first = c.kstr(c.args.prev, 300);
      const second = c.kstr(c.args.next, 300);
      return { first, second };
    })
  );
  assertEquals(error.line, placeOf("const second =").line);
  assertStringIncludes(
    error.message,
    'needs 608 bytes of stack, and has 512 (most for "first": 304, "second": 304): put texts into the event',
  );
});

test("the verifier's refusal names the line", { needs: NEEDS }, () => {
  const error = assertThrows(
    () =>
      rawTracepoint("sched_switch", (c) => {
        c.call("bpf_probe_read_kernel", c.tid, 8, 0);
      }),
    VerifierError,
    "R1 type=scalar expected=fp",
  );
  const { line } = placeOf('call("bpf_probe_read_kernel", c.tid');
  assertEquals(error.message.includes(`the verifier refuses it: at ${FILE}:${line}:`), true, error.message);
});

test("what a map holds is asked for where nobody says it", { needs: NEEDS }, () => {
  using start = hash();
  const error = failure(() =>
    rawTracepoint("sched_switch", { start }, (c, { start }) => {
      start.delete(start.get(c.tid) ?? 0);
    })
  );
  assertEquals(error.suggestion, "give its types: hash(u32, u64)");
});
