import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Histogram,
  histograms,
  linearHistogram,
  log2Histogram,
  textWidth,
} from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { random } from "./_random.ts";
import { withoutColors } from "./_sink.ts";

/** What bpftrace 0.17 prints for `hist()` of 0, 1, 3, 3 and 5000, and for `lhist()` of -3, 5 and 200 from 0 to 30 by 10. */
const BPFTRACE_HIST = `
[0]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[1]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[2, 4)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[4, 8)                 0 |                                                    |
[8, 16)                0 |                                                    |
[16, 32)               0 |                                                    |
[32, 64)               0 |                                                    |
[64, 128)              0 |                                                    |
[128, 256)             0 |                                                    |
[256, 512)             0 |                                                    |
[512, 1K)              0 |                                                    |
[1K, 2K)               0 |                                                    |
[2K, 4K)               0 |                                                    |
[4K, 8K)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
`;
const BPFTRACE_LHIST = `
(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[0, 10)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[10, 20)               0 |                                                    |
[20, 30)               0 |                                                    |
[30, ...)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
`;

/** Label, count and bar of each line that has some. */
function rows(text: string): string[][] {
  return [...text.matchAll(/^([[(].*?[\])]) +(\d+) \|(.*)\|$/gm)].map(([, ...parts]) => parts);
}

test("a histogram in ASCII has bpftrace's labels and bars", () => {
  const log2 = log2Histogram();
  for (const value of [0, 1, 3n, 3, 5000n]) log2.add(value);
  const linear = linearHistogram({ max: 30, step: 10 }).add(-3).add(5).add(200);
  for (const [histogram, expected] of [[log2, BPFTRACE_HIST], [linear, BPFTRACE_LHIST]] as const) {
    const left = Math.max(...rows(expected).map(([label = ""]) => label.length));
    const width = left + " 1 ||".length + 52;
    assertEquals(rows(histogram.format({ width, unicode: false, color: false })), rows(expected));
  }
});

test("log2Histogram() counts values by their bits", () => {
  const values = [
    -1,
    0,
    1,
    2,
    3,
    4,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    2n ** 53n - 1n,
    2n ** 60n - 1n,
    2n ** 64n - 1n,
    0.5,
    3.9,
  ];
  for (const value of values) {
    const [bucket] = log2Histogram().add(value).buckets();
    const whole = BigInt(typeof value === "bigint" ? value : Math.floor(value));
    const bits = whole.toString(2).length;
    const expected = whole < 0n
      ? { from: -Infinity, to: 0 }
      : whole === 0n
      ? { from: 0, to: 1 }
      : { from: 2 ** (bits - 1), to: 2 ** bits };
    assertEquals(bucket, { ...expected, count: 1 }, `${value}`);
  }
});

test("log2Histogram() knows both ways that programs number buckets", () => {
  const ranges = (histogram: Histogram) =>
    histogram.buckets().map(({ from, to, count }) => [from, to, count]);
  assertEquals(ranges(log2Histogram({ buckets: [[0, 1n], [1, 2], [3n, 3n]] })), [[0, 1, 1], [1, 2, 2], [
    2,
    4,
    0,
  ], [4, 8, 3]]);
  assertEquals(ranges(log2Histogram({ numbering: "log2", buckets: [[0, 1n], [1, 2]] })), [[0, 2, 1], [
    2,
    4,
    2,
  ]]);
  for (const value of [0, 1, 2, 3, 4, 1023, 1024]) {
    const [bucket] = log2Histogram({ numbering: "log2" }).add(value).buckets();
    assert(bucket !== undefined && bucket.from <= value && value < bucket.to, `${value}`);
  }
});

test("linearHistogram() counts by steps, and what is outside apart", () => {
  const histogram = linearHistogram({ min: -20, max: 20, step: 10 });
  for (const value of [-21, -20, -11, -10, 0, 19, 20, 1000n]) histogram.add(value);
  assertEquals(histogram.buckets().map(({ count }) => count), [1, 2, 1, 1, 1, 2]);
  assertEquals(histogram.buckets().at(-1), { from: 20, to: Infinity, count: 2 });
});

test("percentile() is the bucket that holds the exact one", () => {
  const next = random(5);
  for (let round = 0; round < 50; round++) {
    const values = Array.from({ length: 1 + Math.floor(next() * 200) }, () => Math.floor(2 ** (next() * 40)));
    const sorted = values.toSorted((a, b) => a - b);
    for (const histogram of [log2Histogram(), linearHistogram({ max: 2 ** 40, step: 2 ** 30 })]) {
      for (const value of values) histogram.add(value);
      for (const percent of [0, 1, 50, 55, 90, 99, 99.9, 100]) {
        const exact = sorted[Math.max(0, Math.ceil(percent * sorted.length / 100) - 1)] ?? NaN;
        const { from, to } = histogram.percentile(percent) ?? { from: NaN, to: NaN };
        assert(from <= exact && exact < to, `p${percent} of ${sorted}: ${exact} in [${from}, ${to})`);
      }
      assertEquals(histogram.count, values.length);
      assertEquals(histogram.buckets().reduce((sum, { count }) => sum + count, 0), values.length);
      assertEquals(histogram.mean, values.reduce((a, b) => a + b) / values.length);
    }
  }
});

test("a mean is known where a sum is", () => {
  assertEquals(log2Histogram().mean, undefined);
  assertEquals(log2Histogram({ buckets: [[3, 2]] }).mean, undefined);
  assertEquals(log2Histogram({ buckets: [[3, 2]], sum: 11n }).mean, 5.5);
  assertEquals(log2Histogram({ buckets: [[3, 2]], sum: 11 }).add(4).mean, 5);
  assertEquals(log2Histogram().add(3, 4n).add(5).mean, 3.4);
  assertEquals(log2Histogram({ buckets: [[3, 0n]] }).add(5).mean, 5);
});

test("merge() adds up, and refuses other buckets", () => {
  const merged = log2Histogram().add(3).merge(log2Histogram().add(3).add(100));
  assertEquals([merged.count, merged.mean, merged.countOf(2)], [3, 106 / 3, 2]);
  assertEquals(merged.merge(log2Histogram({ buckets: [[0, 1]] })).mean, undefined);
  assertThrows(
    () => log2Histogram({ unit: "ns" }).merge(linearHistogram({ max: 10, step: 5 })),
    TypeError,
    "Cannot merge histograms of different buckets: bit length in ns, and linear 0 10 5 in count",
  );
});

test("histograms refuse what they cannot count", () => {
  assertThrows(() => log2Histogram().add(NaN), RangeError, "Cannot count NaN");
  assertThrows(
    () => log2Histogram().add(1, -1n),
    RangeError,
    "Cannot add -1 to a bucket: not a whole number from 0",
  );
  assertThrows(() => log2Histogram().add(1, 0.5), RangeError, "Cannot add 0.5");
  assertThrows(
    () => log2Histogram({ buckets: [[65, 1]] }),
    RangeError,
    "bucket 65: not an integer from -1 to 64",
  );
  assertThrows(() => log2Histogram().addBucket(0.5, 1), RangeError, "bucket 0.5");
  assertThrows(() => linearHistogram({ max: 10, step: 5, buckets: [[3, 1]] }), RangeError, "from -1 to 2");
  for (const [max, step] of [[10, 0], [10, 3], [0, 1], [10, -5], [NaN, 1]] as const) {
    assertThrows(() => linearHistogram({ max, step }), RangeError, `from 0 to ${max} in steps of ${step}`);
  }
  assertThrows(
    () => log2Histogram().percentile(101),
    RangeError,
    "percentile 101: not a number from 0 to 100",
  );
  assertEquals(log2Histogram().percentile(50), undefined);
});

test("histograms are data for JSON", () => {
  assertEquals(
    JSON.parse(JSON.stringify(linearHistogram({ max: 10, step: 10, unit: "ms" }).add(-1).add(4))),
    {
      unit: "ms",
      count: 2,
      mean: 1.5,
      buckets: [{ from: null, to: 0, count: 1 }, { from: 0, to: 10, count: 1 }],
    },
  );
});

test("histograms are never wider than asked, and show all that is counted", () => {
  const next = random(6);
  for (let round = 0; round < 300; round++) {
    const width = 1 + Math.floor(next() * 130);
    const unicode = next() < 0.5;
    const unit = (["count", "ns", "bytes"] as const)[round % 3] ?? "count";
    const groups = Array.from({ length: 1 + Math.floor(next() * 4) }, (_, i) => {
      const histogram = log2Histogram({ unit });
      const count = Math.floor(next() * 30);
      for (let k = 0; k < count; k++) histogram.add(Math.floor(2 ** (next() * 50)), Math.ceil(next() * 1000));
      return [`key ${i}\x1b[2J`, histogram] as const;
    });
    for (const color of [false, true]) {
      const texts = [
        histograms(groups).format({ width, unicode, color }),
        ...groups.map(([, it]) => it.format({ width, unicode, color })),
      ];
      for (const line of withoutColors(texts.join("\n")).split("\n")) {
        assert(textWidth(line) <= width, `${textWidth(line)} > ${width}: ${line}`);
        assert(unicode || /^[ -~]*$/.test(line), line);
        assert(!/\p{Cc}/u.test(line), JSON.stringify(line));
      }
    }
    for (const [, histogram] of groups) {
      const text = histogram.format({ width: 100, unicode: false, color: false });
      const shown = rows(text).reduce((sum, [, count]) => sum + Number(count), 0);
      assertEquals(shown, histogram.count);
    }
  }
});

test("histograms of different buckets stand one below the other", () => {
  const text = histograms([["a", log2Histogram().add(1)], ["b", log2Histogram({ unit: "ns" }).add(1).add(2)]])
    .format({ width: 200, unicode: true, color: false });
  assertEquals(text.split("\n").filter((line) => line.length === 1), ["b", "a"]);
});
