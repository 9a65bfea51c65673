import { assert, assertEquals } from "@std/assert";
import { LiveBlock, textWidth } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { FakeSink, shown } from "./_sink.ts";

const SCREEN = { width: 20, height: 6, interactive: true };

test("LiveBlock replaces what it drew, whether it grows or shrinks", () => {
  const sink = new FakeSink(SCREEN);
  sink.write("before\n");
  const block = new LiveBlock(sink);
  for (const text of ["one\ntwo", "a longer line\n2\n3\n4", "x", "y\nz"]) {
    block.draw(text);
    assertEquals(shown(sink.text), ["before", ...text.split("\n"), ""]);
  }
});

test("LiveBlock is never longer or wider than the screen", () => {
  const sink = new FakeSink(SCREEN);
  const block = new LiveBlock(sink);
  for (let i = 0; i < 3; i++) {
    block.draw(Array.from({ length: 50 }, (_, k) => `${k} ${"日本".repeat(k)}`).join("\n"));
  }
  const lines = shown(sink.text);
  assertEquals(lines.length, SCREEN.height);
  assertEquals(lines[0], "0 ");
  for (const line of lines) assert(textWidth(line) <= SCREEN.width, line);
});

test("LiveBlock goes up by the lines that a terminal wrapped when it became narrower", () => {
  const sink = new FakeSink(SCREEN);
  const block = new LiveBlock(sink);
  block.draw("x".repeat(20) + "\nshort");
  sink.terminal = { ...sink.terminal, width: 8 };
  block.draw("new");
  assertEquals(sink.writes[1]?.startsWith("\r\x1b[4A"), true, JSON.stringify(sink.writes[1])); // 3 lines, and 1
});

test("LiveBlock never hides the cursor, and writes a drawing at once", () => {
  const sink = new FakeSink(SCREEN);
  const block = new LiveBlock(sink);
  block.draw("a\nb");
  block.draw("c");
  assertEquals(sink.writes, ["\r\x1b[Ka\n\x1b[Kb\n\x1b[J", "\r\x1b[2A\x1b[Kc\n\x1b[J"]);
});

test("LiveBlock keeps colours, but of lines that it cuts", () => {
  const sink = new FakeSink(SCREEN);
  new LiveBlock(sink).draw(`\x1b[1mbold\x1b[22m\n\x1b[1m${"x".repeat(30)}\x1b[22m`);
  assertEquals(sink.text, `\r\x1b[K\x1b[1mbold\x1b[22m\n\x1b[K${"x".repeat(19)}…\n\x1b[J`);
});

test("LiveBlock appends where it cannot replace", () => {
  const sink = new FakeSink({ width: 20 });
  const block = new LiveBlock(sink);
  block.draw("a\nb");
  block.draw("c");
  assertEquals(sink.text, "a\nb\n\nc\n");
  sink.open = false;
  assertEquals(block.draw("d"), false);
});
