import { assertEquals, assertThrows } from "@std/assert";
import { mkdtempSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { CompileError, NotFoundError, NotSupportedError } from "../../src/errors.ts";
import { counter, fentry, fexit, kprobe, kretprobe, type Probe } from "../../src/trace/mod.ts";
import { Symbolizer } from "../../src/symbols/mod.ts";
import { type Need, test } from "../_harness.ts";

const NAMES = ["one", "two with spaces", "three"];

/** Makes files of these names and removes them. */
function unlinkFiles(): void {
  const folder = mkdtempSync(join(tmpdir(), "waggle-"));
  try {
    for (const name of NAMES) writeFileSync(join(folder, name), "");
    for (const name of NAMES) unlinkSync(join(folder, name));
    rmdirSync(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The events of a probe until there were so many that differ: a file system over another one removes a file twice. */
async function different<E>(probe: Probe<E>, count: number): Promise<E[]> {
  const found = new Map<string, E>();
  for await (const event of probe.events({ timeout: 10_000 })) {
    found.set(JSON.stringify(event), event);
    if (found.size === count) break;
  }
  return [...found.values()];
}

const WAYS: readonly [name: string, needs: readonly Need[], call: typeof kprobe, leave: typeof kretprobe][] =
  [
    ["kprobe() and kretprobe()", ["bpf", "btf", "kprobe"], kprobe, kretprobe],
    // They do not say which function it is, and are asked for what both have
    [
      "fentry() and fexit()",
      ["bpf", "btf", "trampoline"],
      fentry as typeof kprobe,
      fexit as unknown as typeof kretprobe,
    ],
  ];

for (const [name, needs, call, leave] of WAYS) {
  test(`${name} see the files that are removed`, { needs }, async () => {
    const PID = process.pid;
    using calls = call("vfs_unlink", { PID }, (c, { PID }) => {
      if (c.pid === PID) {
        return { file: c.str(c.args.dentry.d_name.name, 32), length: c.args.dentry.d_name.len };
      }
    });
    using returns = leave("vfs_unlink", { PID }, (c, { PID }) => {
      if (c.pid === PID) return { result: c.retval };
    });
    unlinkFiles();
    assertEquals(await different(calls, NAMES.length), NAMES.map((file) => ({ file, length: file.length })));
    assertEquals(await different(returns, 1), [{ result: 0 }]);
  });

  test(`${name} name what a function does not have`, { needs }, () => {
    assertThrows(
      () => call("vfs_unlink", (c) => ({ x: c.args.dentri })),
      CompileError,
      'the list of arguments has no "dentri": did you mean "dentry"?',
    );
  });
}

test("kprobe() suggests names", { needs: ["bpf", "btf", "kprobe"] }, () => {
  assertThrows(() => kprobe("vfs_unlinc", () => {}), NotFoundError, "vfs_unlink");
});

test("fexit() has the arguments beside the result", { needs: ["bpf", "btf", "trampoline"] }, async () => {
  const PID = process.pid;
  using probe = fexit("vfs_unlink", { PID }, (c, { PID }) => {
    if (c.pid === PID) return { file: c.str(c.args.dentry.d_name.name, 32), result: c.retval };
  });
  unlinkFiles();
  assertEquals(await different(probe, NAMES.length), NAMES.map((file) => ({ file, result: 0 })));
});

test("kprobe() where the kernel has none says what to do", { needs: ["bpf", "btf", "no-kprobe"] }, () => {
  assertThrows(
    () => kprobe("vfs_unlink", () => {}),
    NotSupportedError,
    "built without probes of its functions",
  );
});

test("kprobe() and kretprobe() of a pattern know which function was called", {
  needs: ["bpf", "btf", "kprobe", "kprobe-multi"],
}, () => {
  using calls = counter<bigint>();
  using returns = counter<bigint>();
  const PID = process.pid;
  using _calls = kprobe("vfs_unlin?", { PID, calls }, (c, { PID, calls }) => {
    if (c.pid === PID) calls.count(c.func);
  });
  using _returns = kretprobe("vfs_rm*", { PID, returns }, (c, { PID, returns }) => {
    if (c.pid === PID && c.retval === 0) returns.count(c.func);
  });
  unlinkFiles();
  using symbolizer = new Symbolizer();
  const named = (seen: Iterable<[bigint, number]>) => {
    return [...seen].map(([address, count]) => [symbolizer.kernel(address).name, count > 0]);
  };
  assertEquals(named(calls), [["vfs_unlink", true]]);
  assertEquals(named(returns), [["vfs_rmdir", true]]);
});
