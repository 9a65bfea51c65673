import { assertEquals, assertStringIncludes } from "@std/assert";
import { featuresText } from "../../src/cli/features.ts";
import type { FeatureRow } from "../../src/features/mod.ts";
import { bpftool } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { parseLines, waggle } from "./_waggle.ts";

interface Line {
  readonly section: string;
  readonly name: string;
  readonly programType?: string;
  readonly state: string;
  readonly since?: string;
  readonly reason?: string;
}

test("waggle features --json prints a row a line", { needs: ["root", "bpftool"] }, async () => {
  const { status, stdout } = await waggle(["features", "--json", "map_types", "instructions"]);
  assertEquals(status, 0);
  const lines = parseLines<Line>(stdout);
  assertEquals([...new Set(lines.map(({ section }) => section))], ["map_types", "instructions"]);
  const { map_types } = bpftool("feature", "probe", "kernel") as { map_types: Record<string, boolean> };
  for (const { name, state } of lines) {
    const found = map_types[`have_${name}_map_type`];
    if (found !== undefined) assertEquals(state, found ? "present" : "absent", name);
  }
  const hash = { section: "map_types", name: "hash", since: "3.19", state: "present" };
  assertEquals(lines.find(({ name }) => name === "hash"), hash);
});

test("waggle features prints sections, and helpers by number", { needs: ["root", "btf"] }, async () => {
  const { status, stdout } = await waggle(["features"]);
  assertEquals(status, 0);
  for (const title of ["program types", "attach types", "link types", "map types", "map flags", "btf"]) {
    assertStringIncludes(stdout, `\n\n${title}\n  present  `);
  }
  assertEquals(/\n {2}xdp +\d+ of 208\n/.test(stdout), true, stdout);
  assertEquals(stdout.includes("bpf_redirect"), false);
  assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
});

test("waggle features helpers names them", { needs: ["root", "btf"] }, async () => {
  const { stdout } = await waggle(["features", "helpers"]);
  const xdp = /\nhelpers of xdp\n([^]*?)\n\n/.exec(stdout)?.[1]?.split(/\s+/) ?? [];
  // xdp_func_proto and tc_cls_act_func_proto of net/core/filter.c
  assertEquals([xdp.includes("bpf_xdp_adjust_head"), xdp.includes("bpf_skb_change_tail")], [true, false]);
  assertEquals(stdout.includes("\nprogram types"), false);
});

test("waggle features says what it cannot tell", { needs: ["linux", "setpriv"] }, async () => {
  const { status, stdout } = await waggle(["features", "program_types"], { capabilities: [] });
  assertEquals(status, 0);
  assertStringIncludes(stdout, "  unknown  ");
  assertStringIncludes(stdout, "the process lacks CAP_BPF, CAP_NET_ADMIN: run it as root");
});

const ROWS: readonly FeatureRow[] = [
  ...Array.from({ length: 20 }, (_, i) => ({
    section: "map_types" as const,
    name: `type_number_${i}`,
    answer: { state: "present" as const, feature: "" },
  })),
  { section: "map_types", name: "new_one", answer: { state: "absent", feature: "", since: "6.19" } },
  { section: "map_types", name: "barred", answer: { state: "refused", feature: "", reason: "nobody may" } },
  {
    section: "helpers",
    programType: "xdp",
    name: "bpf_loop",
    answer: { state: "present", feature: "", since: "5.17" },
  },
];

for (const columns of [60, 80, 120]) {
  test(`the text of waggle features fits ${columns} columns`, () => {
    const lines = featuresText(ROWS, columns, false).split("\n");
    const widest = Math.max(...lines.map((line) => line.length));
    assertEquals([widest <= columns, widest > columns - 16], [true, true], `${widest}`);
    for (const line of ["  absent   new_one(6.19)", "  refused  barred", "           nobody may"]) {
      assertEquals(lines.includes(line), true, line);
    }
    assertEquals(lines.at(-1), "  xdp                        1 of 1");
    assertEquals(featuresText(ROWS, columns, true).endsWith("helpers of xdp\n  present  bpf_loop"), true);
  });
}
