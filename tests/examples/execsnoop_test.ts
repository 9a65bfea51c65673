import { assertEquals, assertMatch } from "@std/assert";
import { type ChildProcess, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { bpftool, eventually } from "../_bpf.ts";
import { runScript, scriptEnd, startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { shell } from "../_shell.ts";

const SCRIPT = new URL("../../examples/execsnoop.ts", import.meta.url);
const NEEDS = ["root", "bpf", "btf"] as const;

/** A line of `--json`. */
interface Line {
  readonly time: string;
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly comm: string;
  readonly filename: string;
  readonly args: readonly string[];
}

/** Starts the example, and waits until it sees what starts. */
async function started(...args: readonly string[]): Promise<{ child: ChildProcess; output: () => string }> {
  const child = startScript(SCRIPT, { args });
  let output = "";
  child.stdout?.on("data", (data) => output += data);
  const marker = `waggle-${process.pid}-ready`;
  const seen = await eventually(() => {
    spawnSync("true", [marker]);
    return output.includes(marker);
  });
  assertEquals(seen, true);
  return { child, output: () => output };
}

/** Ends the example as Ctrl-C does. Returns its status; `null` where it has not begun to catch the signal, and dies of it. */
async function interrupt(child: ChildProcess): Promise<number | null> {
  const { pid } = child;
  if (pid === undefined) throw new Error("The example did not start");
  const end = scriptEnd(child);
  process.kill(pid, "SIGINT"); // Deno reports a child that it killed itself as dead by the signal
  const { status, stderr } = await end;
  assertEquals([status ?? 0, stderr], [0, ""]);
  return status;
}

/** Starts a process and returns its id. */
function run(file: string, args: readonly string[], uid = 0): number {
  return spawnSync(file, args, { uid, gid: uid }).pid;
}

test("execsnoop prints what was started, as JSON", { needs: NEEDS }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle-`);
  const script = `${folder}/a script with a long name`;
  writeFileSync(script, "#!/bin/sh\nexit 0\n");
  chmodSync(script, 0o755);
  chmodSync(folder, 0o755);
  try {
    const before = Date.now();
    const { child, output } = await started("--json");
    const odd = ["two words", "", "größe 🐝", 'quote"d', "line\nfeed", "\x01", ""];
    const long = "x".repeat(5000);
    const processes = [
      { file: "/bin/echo", args: odd },
      { file: "/bin/echo", args: [] },
      { file: "/bin/echo", args: [long], seen: [long.slice(0, 4096 - "/bin/echo\0".length)] },
      { file: "/bin/echo", args: Array.from({ length: 3000 }, () => "a"), seen: Array(2043).fill("a") },
      { file: "/bin/true", args: ["as nobody"], uid: 65534 },
    ].map(({ file, args, seen = args, uid = 0 }) => ({
      pid: run(file, args, uid),
      ppid: process.pid,
      uid,
      comm: file.slice("/bin/".length),
      filename: file,
      args: [file, ...seen],
    }));
    processes.push({
      pid: run(script, ["x"]),
      ppid: process.pid,
      uid: 0,
      comm: "a script with a", // TASK_COMM_LEN
      filename: script,
      args: ["/bin/sh", script, "x"],
    });

    const lines = (): Line[] => output().split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const last = processes.at(-1)?.pid;
    assertEquals(await eventually(() => lines().some(({ pid }) => pid === last)), true);
    const after = Date.now();
    await interrupt(child);

    for (const expected of processes) {
      const found = lines().filter(({ pid }) => pid === expected.pid);
      assertEquals(found.map(({ time: _, ...line }) => line), [expected]);
      const time = Date.parse(found[0]?.time ?? "");
      assertEquals(time >= before - 50 && time <= after + 50, true, `${found[0]?.time}`);
    }
    const times = lines().map(({ time }) => time);
    assertEquals(times, times.toSorted());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("execsnoop prints a table", { needs: NEEDS }, async () => {
  const { child, output } = await started("--duration", "60s");
  const pid = run("/bin/echo", ["one two", "three"], 65534);
  assertEquals(await eventually(() => output().includes("one two three")), true);
  await interrupt(child);
  const [header = "", ...lines] = output().split("\n");
  assertEquals(header.trim().split(/ +/), ["TIME", "PID", "PPID", "UID", "COMM", "FILENAME", "ARGS"]);
  const line = lines.find((line) => line.includes("one two three")) ?? "";
  assertMatch(line, /^\d\d:\d\d:\d\d\.\d{3} /);
  assertEquals(line.split(/ +/).slice(1), [
    `${pid}`,
    `${process.pid}`,
    "65534",
    "echo",
    "/bin/echo",
    "/bin/echo",
    "one",
    "two",
    "three",
  ]);
  assertEquals(line.indexOf("/bin/echo"), header.indexOf("FILENAME"));
});

test("execsnoop ends after its duration", { needs: NEEDS }, async () => {
  const begin = performance.now();
  const { status, stderr } = await runScript(SCRIPT, { args: ["--json", "--duration", "300ms"] });
  assertEquals(status, 0);
  assertMatch(stderr, /^(likely: [^]*)?$/); // where nothing was started meanwhile
  const elapsed = performance.now() - begin;
  assertEquals(elapsed >= 300 && elapsed < 30_000, true, `${elapsed} ms`);
});

test("execsnoop ends by Ctrl-C as by itself", { needs: NEEDS }, async () => {
  let status: number | null = null;
  // It begins to catch the signal a while after the first events, and nothing tells when
  for (let wait = 500; status === null && wait <= 8000; wait *= 2) {
    const { child } = await started("--json");
    await new Promise((resolve) => setTimeout(resolve, wait));
    status = await interrupt(child);
  }
  assertEquals(status, 0);
});

test("execsnoop ends when its reader does", { needs: NEEDS }, () => {
  const begin = performance.now();
  const { stdout, stderr } = shell("$script --duration 40s | head -1", SCRIPT);
  assertMatch(stdout, /^ *TIME +PID .*ARGS\n$/);
  assertEquals(stderr, "");
  assertEquals(performance.now() - begin < 35_000, true);
});

test("execsnoop shows what would command the terminal", { needs: NEEDS }, async () => {
  const { child, output } = await started("--duration", "60s");
  run("/bin/echo", ["evil\x1b[2J\nname"]);
  assertEquals(await eventually(() => output().includes("/bin/echo evil\\e[2J\\nname\n")), true);
  await interrupt(child);
});

test("execsnoop leaves nothing in the kernel", { needs: [...NEEDS, "bpftool"] }, async () => {
  const programs = () =>
    (bpftool("prog", "show") as { id: number; name?: string }[])
      .filter(({ name }) => name === "on_exec").map(({ id }) => id);
  const others = new Set(programs());
  const { child } = await started("--json");
  const ours = programs().filter((id) => !others.has(id));
  assertEquals(ours.length > 0, true);
  await interrupt(child);
  assertEquals(await eventually(() => !programs().some((id) => ours.includes(id))), true);
});

test("execsnoop without rights says which are missing, in a sentence", {
  needs: [...NEEDS, "setpriv"],
}, async () => {
  const { status, stdout, stderr } = await runScript(SCRIPT, { capabilities: [] });
  assertEquals([status, stdout], [1, ""]);
  assertMatch(
    stderr,
    /^Cannot create map "\w+" \(\w+\): not permitted: the process lacks CAP_BPF(, and the sysctl [\w.]+ is \d)?: run it as root\n$/,
  );

  const some = await runScript(SCRIPT, { capabilities: ["bpf"] });
  assertEquals([some.status, some.stdout], [1, ""]);
  assertEquals(
    some.stderr,
    'Cannot load program "on_exec" (raw_tracepoint): not permitted: the process lacks CAP_PERFMON: run it as root\n',
  );
});

// only Deno asks for permissions
if (process.versions["bun"] === undefined) {
  test("execsnoop without --allow-ffi says so, in a sentence", { needs: ["linux"] }, async () => {
    const { status, stdout, stderr } = await runScript(SCRIPT, { permissions: [] });
    assertEquals([status, stdout], [1, ""]);
    assertEquals(
      stderr,
      "Cannot reach the kernel: Deno does not allow this script to call foreign functions: " +
        "run it with --allow-ffi (without a path)\n",
    );
  });
}

test("execsnoop tells its options", async () => {
  const help = await runScript(SCRIPT, { args: ["--help"] });
  assertEquals([help.status, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^Prints every program that starts\.\n\n {2}--json /);
  for (const args of [["--jsno"], ["--duration", "soon"], ["extra"]]) {
    const { status, stdout, stderr } = await runScript(SCRIPT, { args });
    assertEquals([status, stdout], [2, ""]);
    assertMatch(stderr, /--duration TIME/);
  }
});
