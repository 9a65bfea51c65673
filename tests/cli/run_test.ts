import { assertEquals, assertMatch } from "@std/assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { scriptEnd, startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { waggle } from "./_waggle.ts";

const NEEDS = ["bpf", "btf"] as const;

test("waggle run runs a script that is given as text, with its parameters", { needs: NEEDS }, async () => {
  const source =
    `BEGIN { printf("%d %s %d\\n", $1, str($2), $#); @x[$1] = 1; exit(); } END { printf("end\\n"); }`;
  const { status, stdout, stderr } = await waggle(["run", source, "42", "text"]);
  assertEquals(stdout, "Attaching 2 probes...\n42 text 2\nend\n\n\n@x[42]: 1\n");
  assertEquals(stderr, "");
  assertEquals(status, 0);
});

test("waggle run runs a script of a file, and of TypeScript", { needs: NEEDS }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle-`);
  try {
    writeFileSync(
      `${folder}/hello.bt`,
      `#!/usr/bin/env bpftrace\n/* says hello */\nBEGIN { printf("hello\\n"); exit(); }\n`,
    );
    const script = await waggle(["run", "-q", `${folder}/hello.bt`]);
    assertEquals(script.stdout, "hello\n\n\n");
    writeFileSync(`${folder}/hello.ts`, `const text: string = "hello";\nconsole.log(text);\n`);
    const module = await waggle(["run", `${folder}/hello.ts`], {
      permissions: ["--allow-ffi", "--allow-read"],
    });
    assertEquals(module.stdout, "hello\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("waggle run says what is wrong, where, and ends with 2", { needs: NEEDS }, async () => {
  const { status, stdout, stderr } = await waggle(["run", "BEGIN { @x = foo(1); }"]);
  assertEquals(stdout, "");
  assertEquals(status, 2);
  const [sentence, line, caret] = stderr.split("\n");
  assertMatch(
    sentence ?? "",
    /^waggle run: Cannot compile the script at script:1:14: there is no function "foo"/,
  );
  assertEquals([line, caret], ["BEGIN { @x = foo(1); }", "             ^"]);
  assertEquals((await waggle(["run"])).status, 2);
  assertEquals((await waggle(["run", "-p", "x", "BEGIN { exit(); }"])).status, 2);
});

test("waggle run --dry-run prints the programs, and attaches nothing", { needs: NEEDS }, async () => {
  const source = `BEGIN { printf("hi\\n"); }\ninterval:s:1 {\n  @seconds = count();\n}`;
  const { status, stdout, stderr } = await waggle(["run", "--dry-run", source]);
  assertEquals([status, stderr], [0, ""]);
  const programs = stdout.split("\n\n");
  assertEquals(programs.map((text) => text.split(" (")[0]), ["BEGIN", "interval:s:1"]);
  assertMatch(programs[1] ?? "", /^interval:s:1 \(1 probe, \d+ instructions\)\n/);
  assertMatch(programs[1] ?? "", /; @seconds = count\(\);\n +\d+: \(.*map\[@seconds\]/s);
  // The last line of the disassembly is the end of a program
  for (const text of programs) assertMatch(text.trimEnd(), /\(95\) exit$/);
  const wrong = await waggle(["run", "--dry-run", "BEGIN { @ = nope; }"]);
  assertEquals([wrong.status, wrong.stdout], [2, ""]);
});

test("waggle run ends with the command that it starts", { needs: [...NEEDS, "tracefs"] }, async () => {
  const source =
    `tracepoint:syscalls:sys_enter_execve /pid == cpid/ { printf("%s\\n", str(args->filename)); }`;
  const { stdout, status } = await waggle(["run", "-q", "-c", "/bin/echo waggle", source], {
    permissions: ["--allow-all"],
  });
  assertEquals(stdout.split("\n").filter((line) => line !== "").sort(), ["/bin/echo", "waggle"]);
  assertEquals(status, 0);
});

test(
  "waggle run writes the lines of JSON that bpftrace writes",
  { needs: [...NEEDS, "bpftrace"] },
  async () => {
    const source = `BEGIN {
    printf("hi %d\\n", 1); print(5); print("x"); print((1, "a")); time("%Y\\n"); cat("/etc/hostname");
    @[-1] = 1; @[2] = -1; @h = hist(5); @h = hist(0); @h = hist(-1); @k[1] = hist(5); @k[2] = hist(3); @k[2] = hist(9);
    @l = lhist(5, 0, 10, 2); @l = lhist(-1, 0, 10, 2); @l = lhist(70, 0, 10, 2);
    @c = count(); print(@c); @s = stats(5); @a["x"] = avg(7); @m = min(3); @n["a", 1] = stats(3);
    @t = (1, "x"); @text = "abc\\"q"; @u[usym(0)] = 1; exit(); }`;
    // On a busy machine bpftrace leaves a map out now and then, without a word
    const runs = Array.from({ length: 3 }, () =>
      execFileSync("bpftrace", ["-f", "json", "-e", source], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).split("\n"));
    const most = runs.reduce((best, lines) => lines.length > best.length ? lines : best);
    const { stdout } = await waggle(["run", "--json", source]);
    assertEquals(stdout.split("\n"), most);
  },
);

test("waggle run prints its maps when it is interrupted as soon as it says that it has attached", {
  needs: NEEDS,
}, async () => {
  const child = startScript(new URL("../../src/cli/mod.ts", import.meta.url), {
    args: ["run", "BEGIN { @x = 1; }"],
    permissions: ["--allow-all"],
  });
  child.stdout?.once("data", () => child.kill("SIGINT"));
  const { stdout } = await scriptEnd(child);
  assertEquals(stdout, "Attaching 1 probe...\n\n\n@x: 1\n");
});
