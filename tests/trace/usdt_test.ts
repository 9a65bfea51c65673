import { assertEquals, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { counter, type Probe, usdt } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { hit, usdtTarget } from "../link/_usdt_target.ts";

const NEEDS = ["bpf", "cc"] as const;

/** The next event of a process. */
async function nextOf<E extends { readonly pid: number }>(probe: Probe<E>, pid: number): Promise<E> {
  for await (const event of probe.events({ timeout: 5000 })) if (event.pid === pid) return event;
  throw new Error("there was none");
}

/** The smallest and largest of each size and sign, and what lies between; then, of `waggle:widths`, what is constant. */
const VALUES: readonly (readonly bigint[])[] = [
  [
    -128n,
    255n,
    -32768n,
    65535n,
    -0x8000_0000n,
    0xffff_ffffn,
    -0x8000_0000_0000_0000n,
    0x7fff_ffff_ffff_ffffn,
  ],
  [127n, 128n, 32767n, 32768n, 0x7fff_ffffn, 0x8000_0000n, 0x7fff_ffff_ffff_ffffn, 1n],
  [-1n, 0n, -1n, 0n, -1n, 0n, -1n, 0n],
];
const CONSTANTS = [-7n, 0x123_4567_89abn, 200n];

for (
  const flags of [[], ["-O0"], ["-O2"], ["-no-pie"], ["-static"], ["-static-pie"], ["-shared"], [
    "-DSYSTEMTAP",
    "-O2",
  ]]
) {
  test(`usdt() has the arguments that programs of cc ${flags.join(" ")} pass`, {
    needs: flags.includes("-DSYSTEMTAP") ? [...NEEDS, "systemtap"] : NEEDS,
  }, async () => {
    const target = usdtTarget(...flags);
    using widths = usdt(target.file, "waggle:widths", ({ args: a, pid }) => ({
      pid,
      a: a[0],
      b: a[1],
      c: a[2],
      d: a[3],
      e: a[4],
      f: a[5],
      g: a[6],
      h: a[7],
      i: a[8],
      j: a[9],
      k: a[10],
      l: a[11],
    }));
    for (const values of VALUES) {
      const { pid, pointer } = hit(target, "widths", ...values);
      const { pid: _, ...seen } = await nextOf(widths, pid);
      assertEquals(Object.values(seen).map(BigInt), [...values, pointer, ...CONSTANTS]);
    }
    if (flags.includes("-DSYSTEMTAP")) return;
    for (const name of ["registers", "memory"]) {
      using probe = usdt(target.file, `waggle:${name}`, ({ args: a, pid }) => ({
        pid,
        a: a[0],
        b: a[1],
        c: a[2],
        d: a[3],
        e: a[4],
        f: a[5],
        g: a[6],
      }));
      for (const values of VALUES) {
        const { pid: _, ...seen } = await nextOf(probe, hit(target, name, ...values).pid);
        assertEquals(Object.values(seen).map(BigInt), values.slice(0, 7));
      }
    }
  });
}

test("usdt() has arguments that places have in different ways", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  using values = counter<number>();
  using places = usdt(target.file, "waggle:places", { values }, (c, { values }) => {
    values.count(c.args[0]);
    return { pid: c.pid };
  });
  await nextOf(places, hit(target, "places", 5).pid);
  assertEquals(new Map(values), new Map([[1000, 2], [5, 1]]));
});

if (process.arch === "x64") {
  test("usdt() has arguments that are elements and variables", { needs: NEEDS }, async () => {
    const target = usdtTarget();
    using indexed = usdt(target.file, "waggle:indexed", (c) => ({ pid: c.pid, value: c.args[0] }));
    assertEquals((await nextOf(indexed, hit(target, "indexed", -17).pid)).value, -17);
    using named = usdt(target.file, "waggle:named", (c) => ({ pid: c.pid, value: c.args[0] }));
    assertEquals((await nextOf(named, hit(target, "unreadable").pid)).value, 77);
  });
}

test("usdt() switches probes on, for one process where that is asked", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  const child = spawn(target.program, ["lines"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async () => {
    child.stdin.write("x\n");
    return (await lines.next()).value;
  };
  assertEquals(await line(), "0");
  {
    const { pid = 0 } = child;
    using guarded = usdt(target.file, "waggle:guarded", (c) => ({ pid: c.pid, tid: c.tid }), { pid });
    assertEquals(await line(), "1");
    assertEquals(await nextOf(guarded, pid), { pid, tid: pid });
    assertEquals(hit(target, "guarded").semaphore, 0);
  }
  while (await line() !== "0");
  child.stdin.end();
  await once(child, "close");
});

test("usdt() names what cannot be", { needs: NEEDS }, () => {
  const { file } = usdtTarget();
  assertThrows(
    () => usdt(file, "waggle:width", () => {}),
    NotFoundError,
    'did you mean "waggle:widths" or "waggle:wide"',
  );
  const faults: [() => unknown, string][] = [
    [() => usdt(file, "waggle:none", (c) => ({ x: c.args[0] })), "there is no argument 0: the probe has 0"],
    [
      () => usdt(file, "waggle:wide", (c) => ({ x: c.args[0] })),
      "cannot be read: it has 16 bytes, not 1, 2, 4 or 8",
    ],
    [
      () => usdt(file, "waggle:widths", (c) => ({ x: c.args[c.cpu as 0] })),
      "arguments have constant numbers",
    ],
  ];
  for (const [act, message] of faults) assertThrows(act, CompileError, message);
  // What is not asked for needs no reading
  using _wide = usdt(file, "waggle:wide", (c) => ({ pid: c.pid }));
});
