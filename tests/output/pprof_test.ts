import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { pprof, type PprofOptions, type StackSample } from "../../src/output/pprof.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";

const SAMPLES: readonly StackSample[] = [
  { frames: ["read", "main"], count: 3, labels: { comm: "cat", pid: 7 } },
  { frames: ["read", "main"], count: 4n, labels: { comm: "cat", pid: 7 } },
  { frames: ["write", "main"], count: 2, labels: { comm: "größe 🐝" } },
  { frames: ["evil\x1b[2J"], count: 1 },
];

/** What Go's pprof says of a profile. */
async function said(flag: string, samples: readonly StackSample[], options?: PprofOptions): Promise<string> {
  return withFile(await pprof(samples, options), (path) => run("go", ["tool", "pprof", flag, path]));
}

test("pprof() is read by Go's pprof: stacks, counts, labels", { needs: ["go"] }, async () => {
  const raw = await said("-raw", SAMPLES);
  assertEquals(
    raw.slice(raw.indexOf("Samples:"), raw.indexOf("Mappings")).split("\n").map((line) => line.trim()),
    [
      "Samples:",
      "samples/count",
      "7: 1 2",
      "comm:[cat]",
      "pid:[7]",
      "2: 3 2",
      "comm:[größe 🐝]",
      "1: 4",
      "Locations",
      "1: 0x0 M=1 read :0:0 s=0",
      "2: 0x0 M=1 main :0:0 s=0",
      "3: 0x0 M=1 write :0:0 s=0",
      "4: 0x0 M=1 evil\\e[2J :0:0 s=0",
      "",
    ],
  );
});

test("pprof() has what is counted, when, and how often", { needs: ["go"] }, async () => {
  const raw = await said("-raw", [{ frames: ["f"], count: 2n ** 62n }], {
    type: "cpu",
    unit: "nanoseconds",
    period: { type: "cpu", unit: "nanoseconds", value: 10_101_010n },
    start: new Date("2026-01-02T03:04:05.678Z"),
    duration: 1500,
  });
  for (
    const line of [
      "PeriodType: cpu nanoseconds",
      "Period: 10101010",
      "Time: 2026-01-02 03:04:05.678 +0000 UTC",
      "Duration: 1.5s",
      "cpu/nanoseconds",
      "4611686018427387904: 1",
    ]
  ) assertStringIncludes(raw, line);
});

test("pprof() counts leaves as flat and callers as cumulative", { needs: ["go"] }, async () => {
  const top = await said("-top", SAMPLES);
  assertStringIncludes(top, "10 total");
  const lines = [...top.matchAll(/^ *(\d+) +[\d.]+% +[\d.]+% +(\d+) +[\d.]+% +(\S+)/gm)].map(([, ...parts]) =>
    parts
  );
  assertEquals(lines.toSorted(), [["0", "9", "main"], ["1", "1", "evil\\e[2J"], ["2", "2", "write"], [
    "7",
    "7",
    "read",
  ]]);
});

test("pprof() is compressed, and takes no samples for some", async () => {
  assert(gunzipSync(await pprof([])).length > 0);
  const one = gunzipSync(await pprof([{ frames: ["f"], count: 1 }]));
  const many = gunzipSync(await pprof(Array.from({ length: 100 }, () => ({ frames: ["f"], count: 1 }))));
  assertEquals(many.length, one.length);
});
