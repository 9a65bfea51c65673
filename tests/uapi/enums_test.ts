import { assertEquals, assertGreater } from "@std/assert";
import * as uapi from "../../src/uapi/mod.ts";
import { evaluateKnown } from "../_c.ts";
import { test } from "../_harness.ts";

/** What C puts before the names of each. */
const PREFIXES: Readonly<
  Record<string, readonly [numbers: Readonly<Record<string, number>>, prefix: string]>
> = {
  BPF_CMD: [uapi.BPF_CMD, "BPF_"],
  BPF_MAP_TYPE: [uapi.BPF_MAP_TYPE, "BPF_MAP_TYPE_"],
  BPF_PROG_TYPE: [uapi.BPF_PROG_TYPE, "BPF_PROG_TYPE_"],
  BPF_ATTACH_TYPE: [uapi.BPF_ATTACH_TYPE, "BPF_"],
  BPF_LINK_TYPE: [uapi.BPF_LINK_TYPE, "BPF_LINK_TYPE_"],
  BPF_MAP_FLAG: [uapi.BPF_MAP_FLAG, "BPF_F_"],
  BPF_ELEMENT_FLAG: [uapi.BPF_ELEMENT_FLAG, "BPF_"],
  PERF_TYPE: [uapi.PERF_TYPE, "PERF_TYPE_"],
  PERF_COUNT_SW: [uapi.PERF_COUNT_SW, "PERF_COUNT_SW_"],
  PERF_SAMPLE: [uapi.PERF_SAMPLE, "PERF_SAMPLE_"],
};

test("numbers are those of the header", { needs: ["linux", "cc"] }, () => {
  const rows = Object.values(PREFIXES).flatMap(([numbers, prefix]) =>
    // MAX counts the members, and so grows with the kernel
    Object.entries(numbers).filter(([name]) => name !== "MAX").map(([name, number]) =>
      [prefix + name, number] as const
    )
  );
  const headers = "#include <linux/bpf.h>\n#include <linux/perf_event.h>";
  const known = evaluateKnown(headers, rows.map(([name]) => name));
  for (const [name, number] of rows) {
    const value = known.get(name);
    if (value !== undefined) assertEquals([name, number], [name, Number(value)]);
  }
  assertGreater(known.size, 210); // Linux 6.1 knows as many
});
