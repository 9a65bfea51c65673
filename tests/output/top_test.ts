import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Column, liveTop } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { FakeSink, shown } from "./_sink.ts";

type Row = readonly [name: string, count: number | bigint | undefined];

const COLUMNS: readonly Column<Row>[] = [
  { header: "NAME", value: ([name]) => name },
  { header: "COUNT", value: ([, count]) => count },
];

test("liveTop() shows the leading rows until its signal aborts, and then once more", async () => {
  const sink = new FakeSink({ width: 40, height: 10, interactive: true });
  const end = new AbortController();
  let drawn = 0;
  const rows = (): Row[] => {
    drawn++;
    if (drawn === 3) setTimeout(() => end.abort(), 1);
    return [["none", undefined], ["few", drawn], ["many", 10n ** 20n], ["some", 10 + drawn]];
  };
  await liveTop(sink, {
    rows,
    columns: COLUMNS,
    by: ([, count]) => count,
    top: 3,
    every: 2,
    signal: end.signal,
  });
  const last = drawn;
  assert(last >= 3, `${last}`);
  assertEquals(shown(sink.text), [
    "NAME                  COUNT",
    "many  100000000000000000000",
    `some${String(10 + last).padStart(23)}`,
    `few${String(last).padStart(24)}`,
    "",
  ]);
});

test("liveTop() ends at once when it waits", async () => {
  const begin = performance.now();
  const sink = new FakeSink();
  await liveTop(sink, { rows: () => [], columns: COLUMNS, every: 60_000, signal: AbortSignal.timeout(20) });
  assert(performance.now() - begin < 60_000);
  assertEquals(sink.text, "NAME  COUNT\n\nNAME  COUNT\n");
});

test("liveTop() draws once where the signal has aborted already", async () => {
  const sink = new FakeSink();
  await liveTop(sink, {
    rows: () => Promise.resolve<Row[]>([["a", 1]]),
    columns: COLUMNS,
    title: () => "title",
    signal: AbortSignal.abort(),
  });
  assertEquals(sink.text, "title\nNAME  COUNT\na         1\n");
});

test("liveTop() ends when nobody reads any more", async () => {
  const sink = new FakeSink();
  let drawn = 0;
  const rows = () => {
    if (++drawn === 2) sink.open = false;
    return [];
  };
  await liveTop(sink, { rows, columns: COLUMNS, every: 1 });
  assertEquals(drawn, 2);
});

test("liveTop() passes on what its rows throw", async () => {
  const rows = () => Promise.reject(new RangeError("no rows"));
  await assertRejects(() => liveTop(new FakeSink(), { rows, columns: COLUMNS }), RangeError, "no rows");
});
