import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { NotFoundError } from "../../src/errors.ts";
import { tracepointId } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

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
