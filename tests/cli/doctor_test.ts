import { assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findingText } from "../../src/cli/doctor.ts";
import { test } from "../_harness.ts";
import { missing, type Need } from "../_needs.ts";
import { run } from "../_run.ts";
import { parseLines, waggle } from "./_waggle.ts";

interface Line {
  readonly name: string;
  readonly state: string;
  readonly found: string;
  readonly cure?: string;
}

/** What tests find out in their own way: by bpftool, by programs that they load, by files of the kernel. */
const SAME: Readonly<Record<string, Need>> = {
  "kprobes": "kprobe",
  "fentry and fexit": "trampoline",
  "LSM programs": "lsm",
  "many uprobes at once": "uprobe-multi",
  "tcx": "tcx",
  "types of the kernel": "btf",
  "tracefs": "tracefs",
  "bpffs": "bpffs",
  "cgroups": "cgroup",
};

test(
  "waggle doctor finds what this machine has",
  { needs: ["root", "btf", "bpffs", "tracefs", "bpftool"] },
  async () => {
    const { status, stdout } = await waggle(["doctor", "--json"]);
    const found = new Map(parseLines<Line>(stdout).map((line) => [line.name, line]));
    for (const [name, need] of Object.entries(SAME)) {
      assertEquals([name, found.get(name)?.state === "ok"], [name, missing(need) === undefined]);
    }
    assertEquals(
      found.get("hardware counters")?.state === "ok",
      existsSync("/sys/bus/event_source/devices/cpu"),
    );
    assertStringIncludes(run("uname", ["-r"]), found.get("kernel")?.found.replace("Linux ", "") ?? "");
    assertStringIncludes(run("findmnt", ["-n", "-t", "bpf"]), found.get("bpffs")?.found ?? "");
    for (const { state, cure } of found.values()) assertEquals(state === "ok", cure === undefined);
    assertEquals(status, 0);
  },
);

test(
  "waggle doctor says what a process without rights lacks, and fails",
  { needs: ["linux", "setpriv"] },
  async () => {
    const { status, stdout } = await waggle(["doctor"], { capabilities: [] });
    assertEquals(status, 1);
    assertStringIncludes(
      stdout,
      "missing  CAP_BPF                not of this process: programs and maps: run as\n",
    );
    assertStringIncludes(
      stdout,
      "unknown  tracepoints            the process lacks CAP_BPF, CAP_PERFMON: run it\n",
    );
    assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  },
);

test(
  "waggle doctor tells the cure of what is not mounted, and it is one",
  { needs: ["root", "bpffs"] },
  () => {
    const command = fileURLToPath(new URL("../../src/cli/mod.ts", import.meta.url));
    const flags = process.versions["bun"] === undefined ? "run -A --no-config --no-lock --no-check" : "";
    const bpffs = `${process.execPath} ${flags} ${command} doctor --json | grep bpffs`;
    const script = `umount /sys/fs/bpf; ${bpffs}; mount -t bpf bpf /sys/fs/bpf; ${bpffs}`;
    const [without, cured] = parseLines<Line>(run("unshare", ["-m", "sh", "-c", script]));
    assertEquals(without, {
      name: "bpffs",
      state: "limited",
      found: "not mounted: no pins",
      cure: "mount -t bpf bpf /sys/fs/bpf",
    });
    assertEquals(cured?.state, "ok");
  },
);

test("what doctor finds keeps to the width", () => {
  const finding = {
    state: "missing",
    found: "one two three four five six",
    cure: "seven eight nine",
  } as const;
  assertEquals(
    findingText("kprobes", finding, 60),
    "missing  kprobes                one two three four five six:\n                                seven eight nine",
  );
});
