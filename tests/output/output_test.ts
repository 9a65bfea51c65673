import { assert, assertEquals } from "@std/assert";
import { Output, terminalFacts } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { shell } from "../_shell.ts";

const WRITER = new URL("_writer.ts", import.meta.url);

test("a script that prints ends when its reader does", { needs: ["linux"] }, () => {
  const { stdout, stderr } = shell("$script lines | head -1", WRITER);
  assertEquals([stdout, stderr], ["line 0\n", "ended: true false\n"]);
});

test("a script that waits ends when its reader does, though it prints nothing", { needs: ["linux"] }, () => {
  const begin = performance.now();
  const { stdout, stderr } = shell("timeout 20 $script quiet | head -1", WRITER);
  assertEquals([stdout, stderr], ["one line\n", "ended: true\n"]);
  assert(performance.now() - begin < 60_000);
});

test("what watches for the reader's end does not outlive the output", { needs: ["linux", "script"] }, () => {
  const line = "timeout 20 $script watched";
  for (const text of [`${line} | cat`, `f=$(mktemp); ${line} > $f; cat $f; rm $f`]) {
    const { stdout, stderr, status } = shell(text, WRITER);
    assertEquals([stdout + stderr, status], ["aborted: false\n", 0]);
  }
  assertEquals(shell(`${line} > /dev/null`, WRITER).status, 0);
  const { stdout, status } = shell(line, WRITER, { terminal: { columns: 80, rows: 24 } });
  assertEquals([stdout, status], ["aborted: false\r\n", 0]);
});

test(
  "everything is written, however slow the reader, whether the pipe blocks or not",
  { needs: ["linux"] },
  () => {
    const expected = Array.from({ length: 1024 }, (_, i) =>
      `${i} ${"ü😀".repeat(340)}
`).join("");
    for (const way of ["flood", "nonblocking"]) {
      const { stdout, stderr } = shell(`$script ${way} | (sleep 0.3; cat)`, WRITER);
      assertEquals(stderr, "");
      assertEquals(stdout === expected, true, `${way}: ${stdout.length} of ${expected.length} characters`);
    }
  },
);

test("a write that fails says so", { needs: ["linux"] }, () => {
  const { stderr } = shell("$script full > /dev/full", WRITER);
  assertEquals(stderr, "SyscallError: Cannot write to standard output: no space left (ENOSPC from write)\n");
});

test("Output says what is closed by somebody else", { needs: ["linux"] }, () => {
  using out = new Output(99_999, "a file");
  let message = "";
  try {
    out.write("x");
  } catch (error) {
    message = `${error}`;
  }
  assertEquals(message, "SyscallError: Cannot write to a file: bad file descriptor (EBADF from write)");
});

test("Output passes on the signal of its options, until it is disposed of", { needs: ["linux"] }, () => {
  const end = new AbortController();
  const [before, after] = [0, 1].map(() => new Output(99_999, "nothing", { signal: end.signal }));
  after?.[Symbol.dispose]();
  end.abort("enough");
  assertEquals([before?.signal.aborted, before?.signal.reason, before?.closed], [true, "enough", false]);
  assertEquals(after?.signal.aborted, false);
  assertEquals(new Output(99_999, "nothing", { signal: end.signal }).signal.reason, "enough");
});

test("a terminal tells its size, a pipe has the width of COLUMNS", { needs: ["linux", "script"] }, () => {
  const facts = (env: Record<string, string>, terminal?: { columns: number; rows: number }) =>
    JSON.parse(shell("$script facts", WRITER, { env, ...terminal && { terminal } }).stdout);
  const utf8 = { LANG: "C.UTF-8" };
  const plain = { unicode: true, color: false, interactive: false };
  assertEquals(facts(utf8), plain);
  assertEquals(facts({ ...utf8, COLUMNS: "60" }), { ...plain, width: 60 });
  assertEquals(facts(utf8, { columns: 97, rows: 31 }), {
    ...plain,
    width: 97,
    height: 31,
    color: true,
    interactive: true,
  });
  assertEquals(facts({ NO_COLOR: "1" }, { columns: 0, rows: 0 }), {
    width: 80,
    height: 24,
    unicode: false,
    color: false,
    interactive: true,
  });
});

test("terminalFacts() goes by the environment", () => {
  const facts = (size: "terminal" | "pipe", env: Record<string, string>) =>
    terminalFacts(size === "terminal" ? { columns: 80, rows: 24 } : undefined, new Map(Object.entries(env)));
  const colors: readonly (readonly ["terminal" | "pipe", Record<string, string>, boolean])[] = [
    ["terminal", { TERM: "xterm" }, true],
    ["terminal", { TERM: "dumb" }, false],
    ["terminal", {}, false],
    ["terminal", { TERM: "xterm", NO_COLOR: "1" }, false],
    ["terminal", { TERM: "xterm", NO_COLOR: "" }, true],
    ["terminal", { TERM: "xterm", FORCE_COLOR: "0" }, false],
    ["pipe", { TERM: "xterm" }, false],
    ["pipe", { FORCE_COLOR: "1" }, true],
    ["pipe", { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ];
  for (const [size, env, color] of colors) {
    assertEquals(facts(size, env).color, color, JSON.stringify([size, env]));
  }

  const locales: readonly (readonly [Record<string, string>, boolean])[] = [
    [{}, false],
    [{ LANG: "en_US.UTF-8" }, true],
    [{ LANG: "de_DE.utf8" }, true],
    [{ LANG: "C" }, false],
    [{ LANG: "en_US.UTF-8", LC_ALL: "C" }, false],
    [{ LANG: "C", LC_CTYPE: "C.UTF-8" }, true],
    [{ LANG: "en_US.UTF-8", LC_ALL: "" }, true],
  ];
  for (const [env, unicode] of locales) {
    assertEquals(facts("pipe", env).unicode, unicode, JSON.stringify(env));
  }

  assertEquals(facts("terminal", { TERM: "dumb" }).interactive, false);
  assertEquals(facts("pipe", { COLUMNS: "-3" }).width, undefined);
  assertEquals(
    terminalFacts({ columns: 0, rows: 0 }, new Map([["COLUMNS", "70"], ["LINES", "9"]])).height,
    9,
  );
});
