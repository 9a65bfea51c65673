import { assertEquals } from "@std/assert";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { environment, hungUp, terminalSize, tryWriteText } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";
import { withFile } from "../_run.ts";

const EAGAIN = 11;
const EPIPE = 32;
const FD = 77;

/** A kernel that takes so many bytes at each write, or refuses, and what it was given. */
function kernel(
  ...answers: readonly number[]
): { text: () => string; calls: string[]; use: () => Disposable } {
  const bytes: number[] = [];
  const calls: string[] = [];
  let next = 0;
  const fake = fakeNative(({ name, args: [, address = 0n, length = 0], memory }) => {
    calls.push(name);
    if (name !== "write") return 1;
    const answer = Math.min(answers[next++] ?? Infinity, Number(length));
    if (answer > 0) bytes.push(...memory(address, answer));
    return answer;
  });
  return { calls, text: () => new TextDecoder().decode(new Uint8Array(bytes)), use: () => useNative(fake) };
}

test("tryWriteText() writes on where the kernel took a part", { needs: ["linux"] }, () => {
  const { calls, text, use } = kernel(1, 2, 3);
  using _ = use();
  assertEquals(tryWriteText(FD, "größe 🐝"), 0);
  assertEquals(text(), "größe 🐝");
  assertEquals(calls, ["write", "write", "write", "write"]);
});

test(
  "tryWriteText() waits where a descriptor does not block, and returns other errors",
  { needs: ["linux"] },
  () => {
    const { calls, text, use } = kernel(2, -EAGAIN, 1, -EPIPE);
    using _ = use();
    assertEquals(tryWriteText(FD, "abcdef"), -EPIPE);
    assertEquals([text(), calls], ["abc", ["write", "write", "ppoll", "write", "write"]]);
  },
);

test("tryWriteText() splits no character, however long the text", { needs: ["linux"] }, () => {
  const text = `x${"🐝".repeat(50_000)}`;
  withFile(new Uint8Array(), (path) => {
    const fd = openSync(path, "w");
    try {
      assertEquals(tryWriteText(fd, text), 0);
    } finally {
      closeSync(fd);
    }
    assertEquals(readFileSync(path, "utf8") === text, true);
  });
});

test("a file is no terminal, and has no other end", { needs: ["linux"] }, () => {
  withFile(new Uint8Array(), (path) => {
    const fd = openSync(path, "r");
    try {
      assertEquals([terminalSize(fd), hungUp(fd)], [undefined, false]);
    } finally {
      closeSync(fd);
    }
  });
});

test("terminalSize() reads struct winsize", { needs: ["linux"] }, () => {
  const TIOCGWINSZ = 0x5413;
  const fake = fakeNative(({ name, args: [fd, request, address = 0n], memory }) => {
    if (name !== "ioctl" || fd !== FD || request !== TIOCGWINSZ) return -1;
    memory(address, 8).set([24, 0, 0x2c, 1, 9, 9, 9, 9]);
    return 0;
  });
  using _ = useNative(fake);
  assertEquals(terminalSize(FD), { rows: 24, columns: 300 });
});

test("environment() is what the process began with", { needs: ["linux"] }, () => {
  const entries = readFileSync("/proc/self/environ", "utf8").split("\0").filter((entry) => entry !== "");
  assertEquals([...environment()].map(([name, value]) => `${name}=${value}`).sort(), entries.sort());
});
