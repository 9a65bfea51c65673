import { assertEquals } from "@std/assert";
import process from "node:process";
import { epollEventLayout, systemCalls } from "../../ffi/mod.ts";
import { preprocess } from "../_c.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";

/** The numbers that headers give to the names of our system calls. */
function numbersIn(header: string): Record<string, number> {
  const names = Object.keys(systemCalls("x86_64"));
  const text = preprocess(`#include <${header}>`, names.map((name) => `"${name}" __NR_${name}`).join("\n"));
  return Object.fromEntries(
    [...text.matchAll(/"(\w+)" (\d+)/g)].map(([, name = "", number]) => [name, Number(number)]),
  );
}

test("systemCalls() are those of this machine's headers", { needs: ["linux", "cc"] }, () => {
  assertEquals({ ...systemCalls(process.arch === "x64" ? "x86_64" : "aarch64") }, numbersIn("asm/unistd.h"));
});

test("systemCalls() of aarch64 are the generic ones", { needs: ["linux", "cc"] }, () => {
  assertEquals({ ...systemCalls("aarch64") }, numbersIn("asm-generic/unistd.h"));
});

test("epollEventLayout() is that of the header", { needs: ["linux", "clang"] }, () => {
  for (const arch of ["x86_64", "aarch64"] as const) {
    const { size, data } = epollEventLayout(arch);
    const source = `#include <linux/eventpoll.h>
      _Static_assert(sizeof(struct epoll_event) == ${size}, "size");
      _Static_assert(__builtin_offsetof(struct epoll_event, data) == ${data}, "data");`;
    const multiarch = `/usr/include/${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu`;
    const args = [`--target=${arch}-linux-gnu`, "-fsyntax-only", "-I", multiarch, "-x", "c"];
    assertEquals(withFile(new TextEncoder().encode(source), (path) => run("clang", [...args, path])), "");
  }
});
