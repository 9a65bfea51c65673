import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { native, useNative } from "../../ffi/mod.ts";
import { call, exit, ldMap, mov, r2, r3 } from "../../src/asm/mod.ts";
import { ClosedError, NotSupportedError } from "../../src/errors.ts";
import { kernelVersionCode } from "../../src/kernel/mod.ts";
import { buildIdStackTrace, createMap, stackTrace, type StackTraceMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;
const LINUX_6_18 = 0x06_12_00;

function create(depth?: number): StackTraceMap<bigint> {
  const kind = stackTrace(depth === undefined ? {} : { depth });
  return createMap(kind, { name: "stacks", maxEntries: 1024 });
}

/** Records the stack of a test run but for its innermost frames. Returns its number. */
function record(stacks: StackTraceMap<bigint>, skip = 0): number {
  using program = loadProgram({
    name: "record",
    type: "raw_tracepoint",
    maps: { stacks },
    instructions: [ldMap(r2, "stacks"), mov(r3, skip), call("bpf_get_stackid"), exit()],
  });
  const number = program.run().returnValue | 0;
  if (number < 0) throw new Error(`The kernel records no stack: ${number}`);
  return number;
}

interface Symbol {
  readonly address: bigint;
  readonly name: string;
}

/** The kernel's functions by ascending address. */
function kernelFunctions(): Symbol[] {
  const lines = readFileSync("/proc/kallsyms", "utf8").trimEnd().split("\n");
  return lines
    .map((line) => line.split(/\s/))
    .filter(([, type = ""]) => /[tT]/.test(type))
    .map(([address = "", , name = ""]) => ({ address: BigInt(`0x${address}`), name }))
    .sort((a, b) => Number(a.address - b.address));
}

/** The names of the functions that frames are in. */
function names(frames: readonly bigint[]): string[] {
  const functions = kernelFunctions();
  return frames.map((frame) => functions.findLast(({ address }) => address < frame)?.name ?? "");
}

/** What bpftool dumps of a stack: addresses, and zeroes behind them. */
function dumped(stacks: StackTraceMap<bigint>, number: number): bigint[] {
  const element = bpftool("map", "lookup", "id", stacks.info.id, "key", ...bytesOf(number)) as Facts;
  const bytes = Uint8Array.from(element.value as string[], Number);
  return [...new BigUint64Array(bytes.buffer)].filter((address) => address !== 0n);
}

function bytesOf(number: number): number[] {
  return [0, 8, 16, 24].map((shift) => number >>> shift & 255);
}

test("stackTrace() gives the functions that a program was called by", { needs: ["bpf", "bpftool"] }, () => {
  using stacks = create();
  const number = record(stacks);
  const frames = stacks.get(number) ?? [];
  assertEquals(frames, dumped(stacks, number));
  const functions = names(frames);
  // kernel/bpf/syscall.c and net/bpf/test_run.c: bpf(2) runs the program; the compiler may make one function of several
  const path = functions.filter((name) =>
    /^(__sys_bpf|bpf_prog_test_run_raw_tp|__(x64|arm64)_sys_bpf)/.test(name)
  );
  assertEquals(path.map((name) => name.replace(/_(x64|arm64)_/, "_")), [
    "bpf_prog_test_run_raw_tp",
    "__sys_bpf",
    "__sys_bpf",
  ], functions.join(" "));
});

test("stackTrace() gives no frames that the program skips, and no more than its depth", BPF, () => {
  using stacks = create();
  const [all, two] = [stacks.get(record(stacks)) ?? [], stacks.get(record(stacks, 2)) ?? []];
  assertEquals(all.length > 4, true);
  // The program itself is at another address each time
  assertEquals(two, all.slice(2));
  using shallow = create(3);
  assertEquals(shallow.get(record(shallow, 1)), all.slice(1, 4));
  assertEquals([shallow.info.valueSize, stacks.info.valueSize], [3 * 8, 127 * 8]);
});

test("stackTrace() has the stacks that were recorded and not removed", BPF, () => {
  using stacks = create();
  assertEquals([[...stacks.keys()], stacks.get(5), stacks.has(5), stacks.delete(5)], [
    [],
    undefined,
    false,
    false,
  ]);
  const numbers = [1, 2, 3, 4].map((skip) => record(stacks, skip));
  assertEquals([...stacks.keys()].sort((a, b) => a - b), numbers.toSorted((a, b) => a - b));
  assertEquals([...stacks], [...stacks.keys()].map((number) => [number, stacks.get(number)]));
  const [one = -1, ...others] = numbers;
  assertEquals([stacks.has(one), stacks.delete(one), stacks.delete(one), stacks.size], [
    true,
    true,
    false,
    3,
  ]);
  for (const number of stacks.keys()) {
    assertEquals([others.includes(number), stacks.delete(number)], [true, true]);
  }
  assertEquals(stacks.size, 0);
  record(stacks);
  stacks.clear();
  assertEquals([...stacks.keys()], []);
});

test("take() of stackTrace() removes the stack that it gives", { needs: ["bpf"] }, () => {
  using stacks = create();
  const number = record(stacks, 1);
  const frames = stacks.get(number);
  if (kernelVersionCode() < LINUX_6_18) {
    assertThrows(() => stacks.take(number), NotSupportedError);
    return;
  }
  assertEquals([stacks.take(number), stacks.has(number), stacks.take(number)], [frames, false, undefined]);
});

test("take() of stackTrace() on an old kernel says what is missing", BPF, () => {
  using stacks = create();
  const real = native();
  const ENOTSUPP = -524;
  using _ = useNative({
    ...real,
    bpf: (command, attr, size) =>
      command === BPF_CMD.MAP_LOOKUP_AND_DELETE_ELEM ? ENOTSUPP : real.bpf(command, attr, size),
  });
  using old = stacks.clone();
  assertThrows(
    () => old.take(1),
    NotSupportedError,
    'Cannot take an element of map "stacks": this kernel cannot with maps of this type',
  );
});

test("stackTrace() refuses depths that the kernel does not have", BPF, () => {
  for (const depth of [0, -1, 1.5, NaN]) {
    assertThrows(() => stackTrace({ depth }), RangeError, `Cannot use stacks of ${depth} frames`);
  }
  const most = Number(readFileSync("/proc/sys/kernel/perf_event_max_stack", "utf8"));
  for (const kind of [stackTrace, buildIdStackTrace]) {
    using stacks = createMap<StackTraceMap<unknown>>(kind({ depth: most }), { maxEntries: 1 });
    assertEquals(stacks.get(0), undefined);
    assertThrows(
      () => createMap<StackTraceMap<unknown>>(kind({ depth: most + 1 }), { name: "deep", maxEntries: 1 }),
      RangeError,
      `stacks of ${most + 1} frames: the kernel records ${most} (sysctl kernel.perf_event_max_stack)`,
    );
  }
});

test("stacks cannot be written, and not be read when closed", BPF, () => {
  using stacks = create();
  assertEquals("set" in stacks, false);
  stacks.close();
  for (const use of [() => stacks.get(1), () => stacks.take(1), () => stacks.delete(1), () => [...stacks]]) {
    assertThrows(use, ClosedError, 'Cannot use map "stacks": it is closed');
  }
});
