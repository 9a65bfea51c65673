/** `RLIMIT_MEMLOCK`, which kernels before 5.11 count maps and programs against. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u32, u64 } from "../../src/codec/mod.ts";
import { PermissionError } from "../../src/errors.ts";
import { createMap, hash } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";
import { type LockedKernel, lockedKernel } from "./_locked_kernel.ts";

const INFINITY = 2n ** 64n - 1n;
/** What processes have by default: `MLOCK_LIMIT` of `include/uapi/linux/resource.h`. */
const DEFAULT = 64n << 10n;
const OLD: LockedKernel = { release: "5.4.0", soft: DEFAULT, hard: DEFAULT, cost: 1n << 20n, mayRaise: true };
const [MAP_CREATE, PROG_LOAD] = [0, 5];

const MAKERS = {
  map: () => createMap(hash(u32, u64), { name: "counts", maxEntries: 1024 }).close(),
  program: () => loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] }).close(),
} as const;

for (const [what, make] of Object.entries(MAKERS)) {
  const command = what === "map" ? MAP_CREATE : PROG_LOAD;
  const subject = what === "map" ? 'create map "counts" (hash)' : 'load program "pass" (xdp)';

  test(`RLIMIT_MEMLOCK is taken away where an old kernel refuses a ${what} for it, and once`, () => {
    const { native, raised, made } = lockedKernel(OLD);
    using _ = useNative(native);
    make();
    assertEquals([raised, made], [[[INFINITY, INFINITY]], [command, command]]);
    make();
    assertEquals([raised.length, made.length], [1, 3]);
  });

  test(`RLIMIT_MEMLOCK is left alone where a ${what} fits into it`, () => {
    const { native, raised, made } = lockedKernel({ ...OLD, cost: 4096n });
    using _ = useNative(native);
    make();
    assertEquals([raised, made], [[], [command]]);
  });

  test(`RLIMIT_MEMLOCK is raised as far as the process may for a ${what}`, () => {
    const hard = 8n << 20n;
    const { native, raised, made } = lockedKernel({ ...OLD, hard, mayRaise: false });
    using _ = useNative(native);
    make();
    assertEquals([raised, made], [[[INFINITY, INFINITY], [hard, hard]], [command, command]]);
  });

  test(`a ${what} that RLIMIT_MEMLOCK keeps out is refused with the cure`, () => {
    const { native, made } = lockedKernel({ ...OLD, mayRaise: false });
    using _ = useNative(native);
    const { message } = assertThrows(make, PermissionError, `Cannot ${subject}: not permitted: `);
    assertEquals(
      message.endsWith(
        ", or RLIMIT_MEMLOCK (64 KiB) is too low, and the process may not raise it: raise it by ulimit -l unlimited",
      ),
      true,
      message,
    );
    // A program is tried again for its log
    assertEquals(made, what === "map" ? [MAP_CREATE] : [PROG_LOAD, PROG_LOAD]);
  });

  test(`RLIMIT_MEMLOCK is not for kernels that count the memory of a ${what} elsewhere`, () => {
    for (
      const kernel of [{ ...OLD, modern: true }, { ...OLD, release: "5.11.0" }, { ...OLD, release: "6.18.3" }]
    ) {
      const refuse = lockedKernel({ ...kernel, cost: 2n ** 65n });
      using _ = useNative(refuse.native);
      if (kernel.modern) make();
      else assertEquals(assertThrows(make, PermissionError).message.includes("RLIMIT"), false);
      assertEquals(refuse.native.calls.filter(({ name }) => name === "prlimit64"), []);
    }
  });
}

test("RLIMIT_MEMLOCK is never asked for where the kernel has memory cgroups for it", {
  needs: ["bpf", "strace", "setpriv"],
}, () => {
  const script = fileURLToPath(new URL("../program/_load.ts", import.meta.url));
  const flags = process.versions["bun"] === undefined ? ["run", "--no-check", "--no-config", "-A"] : [];
  for (
    const [without, expected] of [[[], "xdp: loads"], [
      ["--bounding-set=-all"],
      "xdp: PermissionError",
    ]] as const
  ) {
    withFolder((folder) => {
      const calls = join(folder, "calls");
      const output = run("strace", [
        ...["-f", "-qq", "-o", calls, "-e", "trace=bpf,prlimit64,setrlimit"],
        ...["setpriv", "--inh-caps=-all", ...without],
        ...[process.execPath, ...flags, script],
      ]);
      const trace = readFileSync(calls, "utf8");
      assertStringIncludes(output, expected);
      assertStringIncludes(trace, "bpf(BPF_PROG_LOAD, ");
      assertStringIncludes(trace, "bpf(BPF_MAP_CREATE, ");
      assertEquals(trace.split("\n").filter((line) => line.includes("RLIMIT_MEMLOCK")), []);
    });
  }
});
