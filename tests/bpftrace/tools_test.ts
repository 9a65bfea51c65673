import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { parseScript, planScript } from "../../src/lang/bpftrace/mod.ts";
import { hostOf } from "../../src/bpftrace/host.ts";
import { targetsOf } from "../../src/bpftrace/points.ts";
import { test } from "../_harness.ts";
import { toolNames, TOOLS } from "./_bpftrace.ts";

/** Tools that are not of this kernel: what bpftrace says of them is the same. */
const OUTDATED: Readonly<Record<string, string>> = {
  // cfs_rq.nr_running became nr_queued in Linux 6.14
  "runqlen.bt": 'struct cfs_rq has no member "nr_running"',
  // Only kernels that list all symbols in /proc/kallsyms have variables there
  "loads.bt": 'the kernel has no symbol "avenrun"',
};

test("all tools of bpftrace are made programs of, with the types of this kernel", {
  needs: ["bpf", "btf", "tracefs", "bpftrace"],
}, () => {
  const host = hostOf({ parameters: [], child: undefined, unsafe: false });
  const faults: Record<string, string> = {};
  const names = toolNames();
  assertEquals(names.length, 38);
  for (const name of names) {
    const script = parseScript(readFileSync(`${TOOLS}/${name}`, "utf8"));
    const probes = script.probes.map((node) => ({
      node,
      sites: node.points.flatMap((point) => targetsOf(point, [])),
    }));
    try {
      const { probes: lowered } = planScript(script, probes, host);
      assertEquals(lowered.length, script.probes.length);
    } catch (error) {
      faults[name] = error instanceof Error ? error.message : `${error}`;
    }
  }
  const expected = Object.entries(OUTDATED).filter(([name]) => Object.hasOwn(faults, name));
  assertEquals(faults, Object.fromEntries(expected));
});
