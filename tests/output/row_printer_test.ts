import { assert, assertEquals } from "@std/assert";
import { type Column, RowPrinter, textWidth } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { random, randomText } from "./_random.ts";
import { FakeSink } from "./_sink.ts";

interface Row {
  readonly pid: number;
  readonly comm: string;
  readonly file: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: "PID", value: ({ pid }) => pid, width: 5, align: "right" },
  { header: "COMM", value: ({ comm }) => comm, width: 8 },
  { header: "FILE", value: ({ file }) => file },
];
const ROW: Row = { pid: 1, comm: "init", file: "/sbin/init" };

test("RowPrinter prints a header and rows below it", () => {
  const sink = new FakeSink();
  const rows = new RowPrinter(sink, COLUMNS);
  rows.print(ROW);
  rows.print({ ...ROW, pid: 12345 });
  assertEquals(
    sink.text,
    "  PID  COMM      FILE\n    1  init      /sbin/init\n12345  init      /sbin/init\n",
  );
});

test("RowPrinter cuts nothing where no width is known", () => {
  const sink = new FakeSink();
  const long = { pid: 1234567, comm: "a-long-name", file: "/x".repeat(200) };
  new RowPrinter(sink, COLUMNS).print(long);
  assertEquals(sink.writes[1], `1234567  a-long-name  ${long.file}\n`);
});

test("RowPrinter gives the last column what is left", () => {
  const sink = new FakeSink({ width: 30 });
  new RowPrinter(sink, COLUMNS).print({ ...ROW, comm: "a-long-name", file: "/a/long/path/to/a/file" });
  assertEquals(sink.writes[1], "    1  a-long-…  /a/long/path…\n");
});

test("RowPrinter repeats the header once a screen, on a terminal only", () => {
  for (const interactive of [true, false]) {
    const sink = new FakeSink({ width: 80, height: 6, interactive });
    const rows = new RowPrinter(sink, COLUMNS);
    for (let i = 0; i < 10; i++) rows.print(ROW);
    const headers = sink.writes.flatMap((line, i) => line.startsWith("  PID") ? [i] : []);
    assertEquals(headers, interactive ? [0, 5, 10] : [0]);
  }
});

test("RowPrinter says when nobody reads any more", () => {
  const sink = new FakeSink();
  const rows = new RowPrinter(sink, COLUMNS);
  assertEquals([rows.header(), rows.print(ROW)], [true, true]);
  sink.open = false;
  assertEquals([rows.header(), rows.print(ROW)], [false, false]);
});

test("rows are never wider than asked, and one line each", () => {
  const next = random(8);
  for (let round = 0; round < 500; round++) {
    const sink = new FakeSink({ width: 1 + Math.floor(next() * 100), unicode: next() < 0.5 });
    const row = {
      pid: Math.floor(next() * 1e9),
      comm: randomText(next),
      file: randomText(next) + randomText(next),
    };
    new RowPrinter(sink, COLUMNS).print(row);
    for (const line of sink.writes) {
      assert(textWidth(line.slice(0, -1)) <= (sink.terminal.width ?? 0), line);
      assertEquals(/\p{Cc}/u.exec(line)?.index, line.length - 1);
    }
  }
});
