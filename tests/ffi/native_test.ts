/** The contract of a `Native`, over every way the runtime at hand can call the kernel, and over the fake. */
import { assertEquals } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { type BunFfi, openBun } from "../../ffi/bun.ts";
import { openBunWait } from "../../ffi/bun_wait.ts";
import { openDeno } from "../../ffi/deno.ts";
import { type Native, native, systemCalls } from "../../ffi/mod.ts";
import { testNative, testWait } from "../_contracts.ts";
import { test } from "../_harness.ts";
import { fakeFiles } from "./_fake_files.ts";

const inBun = process.versions["bun"] !== undefined;
const runtime = inBun ? "Bun" : "Deno";
const opened = new Map<string, Native>();

/** Opened once a way: runtimes keep what they open. */
function open(via: "stub" | "libc"): Native {
  const found = opened.get(via) ?? (inBun ? openBun(via) : openDeno(via));
  if (!found) throw new Error("This runtime is neither Deno nor Bun");
  opened.set(via, found);
  return found;
}

function openWaiting(way: "loop" | "worker"): Native {
  const native = open("stub");
  const ffi = process.getBuiltinModule("bun:ffi") as BunFfi;
  return { ...native, epollWait: openBunWait(ffi, native.arch, native.syscall, way) };
}

for (const via of ["stub", "libc"] as const) {
  testNative(`${runtime} by ${via}`, () => open(via), { needs: ["linux", "bpf"] });
  testWait(`${runtime} by ${via}`, () => open(via), 3000);
}
if (inBun) {
  testWait("Bun by its event loop", () => openWaiting("loop"), 3000);
  testWait("Bun by a worker", () => openWaiting("worker"), 4);
}
testNative("fake", fakeFiles);

test("native() calls by the stub", { needs: ["linux"] }, () => {
  assertEquals([native().runtime, native().via], [runtime.toLowerCase(), "stub"]);
  assertEquals(open("libc").via, "libc");
});

test(
  "syscall() of the stub returns the right error under a storm of signals",
  { needs: ["linux"] },
  async () => {
    const native = open("stub");
    const { close } = systemCalls(native.arch);
    let signals = 0;
    const count = () => void signals++;
    process.on("SIGWINCH", count);
    const storm = spawn("sh", ["-c", `while kill -WINCH ${process.pid}; do :; done`], { stdio: "ignore" });
    try {
      while (signals === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      let wrong = 0;
      for (let i = 0; i < 200_000; i++) if (native.syscall(close, -1) !== -9) wrong++;
      assertEquals(wrong, 0);
      const waits = Array.from({ length: 2000 }, () => native.epollWait(-1, new ArrayBuffer(16), 1));
      assertEquals(new Set(await Promise.all(waits)), new Set([-9]));
      // Still blowing: listeners run between turns of the event loop, and signals that meet become one.
      const before = signals;
      while (signals === before) await new Promise((resolve) => setTimeout(resolve, 1));
    } finally {
      storm.kill("SIGKILL");
      await once(storm, "exit");
      process.off("SIGWINCH", count);
    }
  },
);
