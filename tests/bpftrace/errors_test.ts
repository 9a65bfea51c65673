import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { script } from "../../src/bpftrace/mod.ts";
import { test } from "../_harness.ts";

/** What is wrong, where, and what is said of it. */
const WRONG: readonly (readonly [source: string, place: string, message: RegExp])[] = [
  ["BEGIN { foo(1); }", "1:9", /there is no function "foo"/],
  ["BEGIN { printf(1); }", "1:16", /printf\(\) takes a text as it is/],
  [`BEGIN { printf("%d", "a"); }`, "1:9", /%d is not for string\[2\]: take %s/],
  [`BEGIN { printf("%d"); }`, "1:9", /has 1 places, and there are 0 values/],
  [`BEGIN { @x = 1; @x = "a"; }`, "1:17", /@x holds int64, and this is string\[2\]/],
  [
    "BEGIN { @x[1] = 1; @x[1, 2] = 1; }",
    "1:20",
    /used with the key \[int64, int64\], and elsewhere with \[int64\]/,
  ],
  ["BEGIN { @x = count(); @x = 5; }", "1:23", /@x holds count, and this is int64/],
  ["BEGIN { print(@y); }", "1:15", /@y is never given a value/],
  ['BEGIN { printf("%d", $y); }', "1:22", /\$y has no value yet/],
  ['BEGIN { printf("%d", pidd); }', "1:22", /there is no "pidd": did you mean "(pid|cpid)/],
  ["BEGIN {\n  @x = curtask->pidd;\n}", "2:17", /struct task_struct has no member "pidd": did you mean "pid/],
  ["BEGIN { @x = curtask.pid; }", "1:22", /has no members by \.: use ->/],
  ["BEGIN { @x = arg0; }", "1:14", /BEGIN has no arg0/],
  ["BEGIN { @x = retval; }", "1:14", /BEGIN has no retval/],
  ["BEGIN { @x = args->a; }", "1:20", /BEGIN has no args/],
  [
    "tracepoint:sched:sched_switch { @x = args->prev_pit; }",
    "1:44",
    /no argument "prev_pit": did you mean "prev_pid/,
  ],
  ["BEGIN { override(1); }", "1:9", /changes what the kernel does/],
  ['BEGIN { system("ls"); }', "1:9", /system\(\) is not allowed in safe mode: allow it: --unsafe/],
  ["BEGIN { $x = (struct nothing *)0; }", "1:15", /there is no type "struct nothing"/],
  ["BEGIN { @ = lhist(1, 0, 10, 0); }", "1:13", /step of lhist\(\) must be more than 0/],
  ["BEGIN { @ = lhist(1, 10, 0, 1); }", "1:13", /max of lhist\(\) must be more than its min/],
  ["BEGIN { unroll(1000) { @++; } }", "1:16", /from 1 to 100/],
  ["BEGIN { @ = hist(); }", "1:13", /hist\(\) takes 1 argument, not 0/],
  ["BEGIN { count(); }", "1:9", /count\(\) collects into a map: give it one: @ = count\(\)/],
  ["BEGIN { @x[(1, 2)] = 1; }", "1:12", /a tuple cannot be a key/],
  ['BEGIN { $x = 1; $x = "a"; }', "1:17", /\$x is int64, and this is string\[2\]/],
  ["BEGIN { @ = 1 ", "1:15", /there is the end of the script where/],
  ["BEGIN { @ = (1 + ; }", "1:18", /there is ";" where a value must be/],
  ["BEGIN { if (1) @ = 1; }", "1:16", /where "{" must be/],
  ["nothing:here { }", "1:1", /there is no probe type "nothing"/],
  ["interval:s:0 { }", "1:1", /not of the form interval:unit:number/],
  ["tracepoint:sched { }", "1:1", /not of the form tracepoint:group:event/],
  ["tracepoint:none:* { }", "1:1", /no probe matches tracepoint:none:\*/],
  ["BEGIN { $x = 5; $x->y; }", "1:21", /int64 has no members: cast it/],
  ["struct a { int x; } BEGIN { $x = (struct a *)0; @ = $x->y; }", "1:57", /struct a has no member "y"/],
  ["#if 1\nBEGIN { }", "2:10", /an #if has no #endif/],
  ["BEGIN { @ = 99999999999999999999; }", "1:13", /has more than 64 bits/],
  ["", "1:1", /there is no probe/],
  ["BEGIN { @ = `; }", "1:13", /means nothing here/],
];

test("what is wrong with a script is said with its place", { needs: ["bpf", "btf", "tracefs"] }, () => {
  for (const [source, place, message] of WRONG) {
    const error = assertThrows(() => script(source).close(), CompileError, undefined, source);
    assertMatch(error.message, message, source);
    assertEquals(`${error.line}:${error.column}`, place, `${source}\n${error.message}`);
  }
});

test("an error shows the line, with a caret below", { needs: ["bpf", "btf"] }, () => {
  const error = assertThrows(
    () => script("BEGIN {\n\t@x = fooo(1);\n}", { file: "a.bt" }).close(),
    CompileError,
  );
  const [sentence, line, caret] = error.message.split("\n");
  assertMatch(sentence ?? "", /^Cannot compile the script at a\.bt:2:7: there is no function "fooo"/);
  assertEquals(line, "\t@x = fooo(1);");
  assertEquals(caret, "\t     ^");
});

test("a probe that is not there is told with the closest names", { needs: ["bpf", "btf", "tracefs"] }, () => {
  const error = assertThrows(() => script("tracepoint:sched:sched_swich { @ = 1; }").close(), NotFoundError);
  assertMatch(error.message, /sched_switch/);
});

test("whatever a script is, it is refused or taken", { needs: ["bpf", "btf", "tracefs"] }, () => {
  const source =
    `BEGIN { @x[1, "a"] = hist(5); $y = @z ? (1, 2) : (3, 4); printf("%d", $y.0); @z = (uint8)7; exit(); }`;
  for (let length = 0; length < source.length; length++) {
    for (
      const text of [
        source.slice(0, length),
        source.slice(length),
        source.slice(0, length) + source.slice(length + 1),
      ]
    ) {
      try {
        script(text).close();
      } catch (error) {
        if (!(error instanceof CompileError)) throw new Error(`${text}: ${error}`, { cause: error });
      }
    }
  }
});
