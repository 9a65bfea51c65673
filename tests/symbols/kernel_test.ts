/** Names of functions of the kernel. */
import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { formatFrame, Symbolizer } from "../../src/symbols/mod.ts";
import { test } from "../_harness.ts";
import { useTexts } from "../kernel/_texts.ts";

const ROOT = { needs: ["linux", "root"] } as const;

/** Names of code of the kernel itself by their addresses. */
function codeOf(text: string): Map<bigint, string[]> {
  const names = new Map<bigint, string[]>();
  for (const [, address = "", name = ""] of text.matchAll(/^([\da-f]+) [tTwW] ([^\t\n]+)$/gm)) {
    const at = BigInt(`0x${address}`);
    names.set(at, [...names.get(at) ?? [], name]);
  }
  return names;
}

test("kernel() names the first and the last byte of functions as /proc/kallsyms does", ROOT, () => {
  const names = codeOf(readFileSync("/proc/kallsyms", "utf8"));
  const all = [...names].sort(([a], [b]) => Number(a - b));
  const ends = all.filter(([, same]) => same.some((name) => name === "_etext" || name === "_einittext"));
  assertEquals(ends.length, 2);
  using symbolizer = new Symbolizer();
  let checked = 0;
  for (let index = 0; index + 1 < all.length; index += 97) {
    const [[start, same] = [0n, []], [next] = [0n]] = [all[index], all[index + 1]];
    if (ends.some(([end]) => end === start) || next - start > 4096n) continue;
    for (const address of [start, next - 1n]) {
      const { name = "", offset, kind } = symbolizer.kernel(address);
      assert(same.includes(name), `${name}, not ${same}`);
      assertEquals([offset, kind], [Number(address - start), "kernel"]);
    }
    checked++;
  }
  assert(checked > 500, `${checked}`);
  const [[end] = [0n]] = ends;
  assertEquals(symbolizer.kernel(end + 16n).name, undefined);
});

test(
  "kernel() names programs of BPF that come after it read the names",
  { needs: ["bpf", "bpftool"] },
  () => {
    using symbolizer = new Symbolizer();
    symbolizer.kernel(0xffff_ffff_8000_0000n);
    for (const name of ["waggle_one", "waggle_two"]) {
      using _program = loadProgram({ name, type: "socket_filter", instructions: [mov(r0, 0), exit()] });
      const line = readFileSync("/proc/kallsyms", "utf8").split("\n").find((line) =>
        line.includes(`_${name}\t`)
      ) ?? "";
      const [address = "", , symbol = ""] = line.split(/[ \t]/);
      const frame = symbolizer.kernel(BigInt(`0x${address}`) + 4n);
      assertEquals(formatFrame(frame), `${symbol}+0x4 [bpf]`);
    }
  },
);

const TEXT = `ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000000 t local_alias
ffffffff81000010 W weak
ffffffff81000010 T __strong
ffffffff81000020 D data
ffffffff81000030 t twice
ffffffff81000040 t twice
ffffffff81000050 T _etext
ffffffff82000000 T _sinittext
ffffffff82000010 T _einittext
garbled
ffffffffc0001000 t first\t[one]
ffffffffc0001100 t last\t[one]
ffffffffc0009000 t alone\t[other]
`;

test("kernel() takes the best of several names, and none behind the end of code", () => {
  using _ = useTexts({ "/proc/kallsyms": TEXT });
  using symbolizer = new Symbolizer();
  const names = ([
    [0x8100_0001n, "_stext+0x1"],
    [0x8100_0018n, "__strong+0x8"],
    [0x8100_0021n, "__strong+0x11"],
    [0x8100_0030n, "twice+0x0"],
    [0x8100_0041n, "twice+0x1"],
    [0x8100_0050n, "[unknown] 0xffffffff81000050"],
    [0x8200_0000n, "_sinittext+0x0"],
    [0x8200_0010n, "[unknown] 0xffffffff82000010"],
    [0xc000_0fffn, "[unknown] 0xffffffffc0000fff"],
    [0xc000_1010n, "first+0x10 [one]"],
    [0xc000_1fffn, "last+0xeff [one]"],
    [0xc000_2000n, "[unknown] 0xffffffffc0002000"],
    [0xc000_9000n, "alone+0x0 [other]"],
  ] as const).map(([low, name]) => [0xffff_ffff_0000_0000n + low, name] as const);
  for (const [address, name] of names) assertEquals(formatFrame(symbolizer.kernel(address)), name);
  assertEquals(symbolizer.kernelProblem, undefined);
});

test("stack() names callers by the call, not by what it returns to", () => {
  using _ = useTexts({ "/proc/kallsyms": TEXT });
  using symbolizer = new Symbolizer();
  const kernel = BigUint64Array.of(0xffff_ffff_8100_0040n, 0xffff_ffff_8100_0040n, 0n, 1n);
  assertEquals(symbolizer.stack({ kernel }).map(formatFrame), ["twice+0x0", "twice+0x10"]);
});

test("kernel() names nothing where the kernel hides addresses, and kernelProblem has the cure", () => {
  using _ = useTexts({ "/proc/kallsyms": TEXT.replace(/^f{8}[\da-f]{8}/gm, "0".repeat(16)) });
  using symbolizer = new Symbolizer();
  for (const address of [0n, 0xffff_ffff_8100_0001n]) {
    assertEquals(formatFrame(symbolizer.kernel(address)), `[unknown] 0x${address.toString(16)}`);
  }
  assertEquals(
    symbolizer.kernelProblem,
    "Cannot name functions of the kernel: it hides their addresses: sysctl kernel.kptr_restrict=1 and CAP_SYSLOG",
  );
});
