import { assertEquals, assertThrows } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { SyscallError } from "../../src/errors.ts";
import { openTask } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

/** The id that a descriptor of a process stands for, as the kernel tells. */
function idOf(fd: number): number {
  return Number(/^Pid:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1]);
}

test("openTask() opens processes and threads", { needs: ["linux"] }, () => {
  const other = Number(readdirSync("/proc/self/task").find((id) => id !== `${process.pid}`));
  for (const id of [process.pid, other]) {
    using task = openTask(id);
    assertEquals(idOf(task.fd), id);
  }
});

test("openTask() says that there is no such task", { needs: ["linux"] }, () => {
  const error = assertThrows(
    () => openTask(0x7fff_ffff),
    SyscallError,
    "Cannot open task 2147483647: no such process",
  );
  assertEquals([error.code, error.syscall], ["ESRCH", "pidfd_open"]);
});
