import { assertEquals, assertMatch } from "@std/assert";
import { closeSync, openSync } from "node:fs";
import { test } from "./_harness.ts";
import { type Held, held, leaked } from "./_leaks.ts";
import { missing } from "./_needs.ts";

function holding(descriptors: Record<number, string>, mappings: string[] = []): Held {
  return {
    descriptors: new Map(Object.entries(descriptors).map(([fd, target]) => [Number(fd), target])),
    mappings,
  };
}

const MAP = "anon_inode:bpf-map";
const PROGRAM = "anon_inode:bpf-prog";

test("leaked() names a descriptor that was not there before", () => {
  const before = holding({ 9003: MAP });
  const after = holding({ 9003: MAP, 9004: PROGRAM, 9005: MAP });
  assertEquals(leaked(before, after), [`descriptor 9004: ${PROGRAM}`, `descriptor 9005: ${MAP}`]);
});

test("leaked() takes no descriptor for leaked whose kind did not grow", () => {
  assertEquals(leaked(holding({ 9003: MAP }), holding({ 9009: MAP })), []);
  assertEquals(leaked(holding({ 9003: MAP, 9004: PROGRAM }), holding({})), []);
});

test("leaked() sees a number that is reused for another kind", () => {
  assertEquals(leaked(holding({ 9003: MAP }), holding({ 9003: PROGRAM })), [`descriptor 9003: ${PROGRAM}`]);
});

test("leaked() counts mappings by kind", () => {
  assertEquals(leaked(holding({}, [MAP]), holding({}, [MAP, MAP, MAP])), [`2 mappings: ${MAP}`]);
  assertEquals(leaked(holding({}, [MAP]), holding({}, [])), []);
});

test("held() sees an open kernel file and forgets it once closed", { needs: ["linux"] }, () => {
  const before = held();
  const fd = openSync("/proc/self/status", "r");
  try {
    const lines = leaked(before, held());
    assertEquals(lines.length, 1);
    assertMatch(lines[0] ?? "", /^descriptor \d+: \/proc\/\d+\/status$/);
  } finally {
    closeSync(fd);
  }
  assertEquals(leaked(before, held()), []);
});

test("missing() agrees with the machine", { needs: ["linux", "root"] }, () => {
  assertEquals(missing("linux"), undefined);
  assertEquals(missing("root"), undefined);
});
