import { assert, assertEquals } from "@std/assert";
import { type Column, table, textWidth } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { random, randomText } from "./_random.ts";

interface Row {
  readonly pid: number;
  readonly comm: string;
  readonly bytes?: bigint;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: "PID", value: ({ pid }) => pid },
  { header: "COMM", value: ({ comm }) => comm },
  { header: "BYTES", value: ({ bytes }) => bytes, unit: "bytes" },
];

test("a table has numbers to the right, text to the left, and - for what is missing", () => {
  const rows = [{ pid: 1, comm: "init", bytes: 1536n }, { pid: 31337, comm: "日本" }];
  assertEquals(
    `${table(rows, COLUMNS)}`,
    [
      "  PID  COMM   BYTES",
      "    1  init  1.5KiB",
      "31337  日本       -",
    ].join("\n"),
  );
  assertEquals(`${table([], COLUMNS)}`, "PID  COMM  BYTES");
});

test("a table shows times of day, flags and escapes", () => {
  const columns: Column<unknown>[] = [{ header: "VALUE", value: (it) => it as Date }];
  const rows = [new Date("2026-01-02T03:04:05.678Z"), new Date(NaN), true, "a\x1b[2J", 12.345, null];
  assertEquals(`${table(rows, columns)}`, "VALUE\n03:04:05.678\n-\ntrue\na\\e[2J\n12.3\n-");
});

test("a table that is too wide cuts its widest text, and no numbers", () => {
  const rows = [{ pid: 1234567, comm: "a-very-long-name-of-a-process", bytes: 1n << 40n }];
  const text = (width: number, unicode: boolean) =>
    table(rows, COLUMNS).format({ width, unicode, color: false });
  assertEquals(text(32, true), "    PID  COMM              BYTES\n1234567  a-very-long-nam…   1TiB");
  assertEquals(text(32, false), "    PID  COMM              BYTES\n1234567  a-very-long-n...   1TiB");
  assertEquals(text(10, true), "    PID  …\n1234567  …");
});

test("a column is not wider than it says", () => {
  const columns: Column<string>[] = [{ header: "NAME", value: (it) => it, width: 5 }];
  assertEquals(`${table(["abcdefgh", "abc"], columns)}`, "NAME\nabcd…\nabc");
});

test("a header is bold where colour is", () => {
  const columns: Column<string>[] = [{ header: "NAME", value: (it) => it }];
  assertEquals(table(["a"], columns).format({ unicode: true, color: true }), "\x1b[1mNAME\x1b[22m\na");
});

test("tables are never wider than asked, whatever is in them", () => {
  const next = random(7);
  for (let round = 0; round < 500; round++) {
    const width = 1 + Math.floor(next() * 100);
    const unicode = next() < 0.5;
    const rows = Array.from({ length: 5 }, () => ({
      pid: Math.floor(next() * 1e6),
      comm: randomText(next) + randomText(next),
      bytes: BigInt(Math.floor(next() * 2 ** 50)),
    }));
    const lines = table(rows, COLUMNS).format({ width, unicode, color: false }).split("\n");
    assertEquals(lines.length, rows.length + 1);
    for (const line of lines) {
      assert(textWidth(line) <= width, `${textWidth(line)} > ${width}: ${line}`);
      assert(!/\p{Cc}/u.test(line) && (unicode || /^[ -~]*$/.test(line)), JSON.stringify(line));
    }
  }
});
