import { assert, assertEquals, assertMatch } from "@std/assert";
import { load } from "../../src/object/mod.ts";
import { fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { parseLines, waggle } from "./_waggle.ts";

interface Line {
  readonly id: number;
  readonly name: string;
  readonly runs: number;
  readonly ns: number;
  readonly cpu_percent: number;
}

test("waggle top tells how often programs ran and how long, as bpftool does", {
  needs: ["root", "bpf", "bpftool"],
}, async () => {
  await using object = await load(fixture("typed"));
  const program = object.programs.get("count");
  const { id } = program.info;
  const timer = setInterval(() => program.run({ data: new Uint8Array(64), repeat: 1000 }), 20);
  const { status, stdout } = await waggle(["top", "--json", "--interval", "300ms", "--duration", "2s"]);
  clearInterval(timer);
  assertEquals(status, 0);
  const lines = parseLines<Line>(stdout).filter((line) => line.id === id);
  assert(lines.length >= 5, stdout);
  const sum = (key: "runs" | "ns") => lines.reduce((sum, line) => sum + line[key], 0);
  // The kernel counts from before the first look to after the last
  const { run_cnt, run_time_ns } = shown("prog", id) as { run_cnt: number; run_time_ns: number };
  assert(
    sum("runs") > 10_000 && sum("runs") <= run_cnt && sum("runs") >= run_cnt / 2,
    `${sum("runs")} of ${run_cnt}`,
  );
  assert(sum("ns") <= run_time_ns && sum("ns") >= run_time_ns / 2, `${sum("ns")} of ${run_time_ns}`);
  for (const { name, ns, cpu_percent } of lines) {
    assert(name === "count" && cpu_percent > 0 && cpu_percent < 100, `${ns}`);
  }
});

test(
  "waggle top prints a table an interval where there is no terminal",
  { needs: ["root", "bpf"] },
  async () => {
    await using object = await load(fixture("typed"));
    const program = object.programs.get("count");
    const timer = setInterval(() => program.run({ data: new Uint8Array(64), repeat: 100 }), 20);
    const { status, stdout } = await waggle(["top", "--interval", "250ms", "--duration", "1s"]);
    clearInterval(timer);
    assertEquals(status, 0);
    const tables = stdout.split("\n\n");
    assert(tables.length >= 3, stdout);
    for (const table of tables) assertMatch(table, /^ *ID +TYPE +NAME +RUNS\/S +EACH +CPU %\n/);
    assertMatch(tables[0] ?? "", /\n *\d+ +xdp +count +\S+ +\S+ns +\d+\.\d\d/);
  },
);

test("waggle top refuses what is no time or number", async () => {
  for (const [option, value] of [["--interval", "soon"], ["--duration", "0s"], ["--rows", "few"]] as const) {
    const { status, stderr } = await waggle(["top", option, value]);
    assertEquals(status, 2);
    assertMatch(
      stderr,
      new RegExp(`^waggle top: ${option} ${value} is (no time: 500ms, 2s, 1m|not a positive number)\n$`),
    );
  }
});
