import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { NotFoundError, PermissionError } from "../../src/errors.ts";
import { readTracefs, tracepointId } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";
import { withFiles } from "./_files.ts";

test("tracepointId() gives the number that tracefs has", { needs: ["tracefs"] }, () => {
  for (const [group, name] of [["sched", "sched_switch"], ["syscalls", "sys_enter_openat"]] as const) {
    const id = readFileSync(`/sys/kernel/tracing/events/${group}/${name}/id`, "utf8");
    assertEquals(tracepointId(group, name), Number(id));
  }
});

test("tracepointId() does not leave the directory of events", { needs: ["tracefs"] }, () => {
  for (const [group, name] of [["../../class", "x"], ["sched", "../sched/sched_switch"], ["", ""]] as const) {
    assertThrows(() => tracepointId(group, name), NotFoundError, "Cannot find tracepoint");
  }
});

test("readTracefs() says why tracefs is closed", () => {
  const path = "/sys/kernel/tracing/uprobe_events";
  const lockdown = "/sys/kernel/security/lockdown";
  for (
    const [errno, modes, why] of [
      [13, "[none] integrity confidentiality\n", "tracefs is closed to this process: run it as root"],
      [1, "none [integrity] confidentiality\n", "tracefs is closed to this process: run it as root"],
      [
        1,
        "none integrity [confidentiality]\n",
        "the kernel is locked down (confidentiality): start it without Secure Boot or the option lockdown",
      ],
    ] as const
  ) {
    using _ = withFiles({ [path]: -errno, [lockdown]: modes });
    assertThrows(() => readTracefs("uprobe_events"), PermissionError, `Cannot read uprobe_events: ${why}`);
  }
  using _ = withFiles({ "/sys/kernel/debug/tracing/uprobe_events": "p:a/b c\n" });
  assertEquals(readTracefs("uprobe_events"), {
    path: "/sys/kernel/debug/tracing/uprobe_events",
    text: "p:a/b c\n",
  });
  assertEquals(readTracefs("kprobe_events"), undefined);
});
