import { assert, assertEquals, assertThrows } from "@std/assert";
import { bpftrace } from "../../src/bpftrace/mod.ts";
import { Histogram } from "../../src/output/mod.ts";
import { readFile } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

async function linesOf(running: ReturnType<typeof bpftrace>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of running) lines.push(line);
  return lines;
}

test("values of a template are constants, whatever they are", { needs: ["bpf", "btf"] }, async () => {
  const texts = [
    `"; system("touch /tmp/waggle-injected"); exit(); //`,
    'a\\n"b',
    "\\x41",
    "line\nend",
    "tab\t$1 @x",
    "é",
  ];
  for (const text of texts) {
    using running = bpftrace`BEGIN { printf("%s", ${text}); exit(); }`;
    assertEquals((await linesOf(running)).join("\n"), text);
  }
  const numbers = [0, -5, 2 ** 40, -(2n ** 63n), 2n ** 63n - 1n];
  for (const number of numbers) {
    using running = bpftrace`BEGIN { @x = 1 - ${number} + ${number}; printf("%ld", ${number}); exit(); }`;
    assertEquals(await linesOf(running), [`${number}`]);
  }
  assertThrows(() => bpftrace`BEGIN { @x = ${1.5}; }`, TypeError, "no whole number");
});

test("maps of a template can be read while it runs", { needs: ["bpf", "btf", "tracefs"] }, async () => {
  using running = bpftrace`
    BEGIN {
      @numbers[1, "a"] = 5; @numbers[2, "b"] = -7;
      @ = count();
      @sizes = hist(5); @sizes = hist(9);
      @mean["x"] = stats(4); @mean["x"] = stats(8);
      @pair = (1, "two");
      exit();
    }`;
  await linesOf(running);
  const { numbers, sizes, mean, pair } = running.maps;
  assertEquals([...numbers ?? []].sort(), [[[1, "a"], 5], [[2, "b"], -7]]);
  assertEquals(numbers?.get(2, "b"), -7);
  assertEquals(numbers?.get(3, "c"), undefined);
  assertEquals(running.maps["@"]?.get(), 1);
  assertEquals(mean?.get("x"), { count: 2, average: 6, total: 12 });
  assertEquals(pair?.get(), [1, "two"]);
  const histogram = sizes?.get();
  assert(histogram instanceof Histogram);
  assertEquals(histogram.buckets().map(({ from, count }) => [from, count]), [[4, 1], [8, 1]]);
  assertEquals(`${pair}`, "@pair: (1, two)\n");
});

test("what is counted is what happened", { needs: ["bpf", "btf", "tracefs"] }, () => {
  using running = bpftrace`
    tracepoint:syscalls:sys_enter_openat /str(args->filename) == ${"/proc/uptime"}/ { @opens[pid] = count(); }`;
  for (let i = 0; i < 10; i++) readFile("/proc/uptime");
  const [[, count] = []] = [...running.maps["opens"] ?? []];
  assertEquals(count, 10);
});

test("a loop that is left ends nothing", { needs: ["bpf", "btf"] }, async () => {
  using running = bpftrace`BEGIN { printf("one\ntwo\n"); } END { printf("end\n"); }`;
  for await (const line of running) {
    assertEquals(line, "one");
    break;
  }
});
