import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { exit, jeq, label, ldx, mov, r0, r1, r2 } from "../../src/asm/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { Coverage, Vm, vmOf } from "../../src/vm/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const SOURCE = readFileSync(new URL("../bpf/count.bpf.c", import.meta.url), "utf8").split("\n");

/** How often a line of count.bpf.c was run that has a text; `undefined` where it has no instructions. */
function hitsOf(coverage: Coverage, text: string): number | undefined {
  const number = SOURCE.findIndex((line) => line.includes(text)) + 1;
  return coverage.lines.find(({ line, file }) => line === number && file.endsWith("count.bpf.c"))?.hits;
}

function udp(port: number): Uint8Array {
  const packet = new Uint8Array(64);
  packet.set([0x08, 0x00, 0x45], 12);
  packet[14 + 9] = 17;
  new DataView(packet.buffer).setUint16(14 + 20 + 2, port);
  return packet;
}

function machine(): Vm {
  return vmOf(parseElf(readFileSync(fixture("count"))), "on_packet");
}

const [SHORT, LOOKUP, FIRST] = ["(udp + 1) >", "eth->h_proto == bpf_htons", "else bpf_map_update_elem"];

test("coverage counts the lines that were run", () => {
  const vm = machine();
  assertEquals(hitsOf(vm.coverage, SHORT), 0);
  vm.run({ data: new Uint8Array(20) }); // too short for UDP
  assertEquals([SHORT, LOOKUP].map((text) => hitsOf(vm.coverage, text)), [1, 0]);
  vm.run({ data: udp(53) });
  vm.run({ data: udp(53) });
  const coverage = vm.coverage;
  assertEquals([SHORT, LOOKUP].map((text) => hitsOf(coverage, text)), [3, 2]);
  // The element is added by the first packet alone.
  assertEquals(hitsOf(coverage, FIRST), 1);
  for (const { line, text } of coverage.lines) assertEquals(text, SOURCE[line - 1], String(line));
});

test("coverage of several machines adds up", () => {
  const [first, second] = [machine(), machine()];
  first.run({ data: udp(53) });
  second.run({ data: new Uint8Array(20) });
  const merged = Coverage.merge([first.coverage, second.coverage]);
  assertEquals([SHORT, LOOKUP, FIRST].map((text) => hitsOf(merged, text)), [2, 1, 1]);
  const sum = (coverage: Coverage) => coverage.programs.flatMap(({ hits }) => hits).reduce((a, b) => a + b);
  assertEquals(sum(merged), sum(first.coverage) + sum(second.coverage));
  assertEquals(merged.programs.map(({ name }) => name), ["on_packet"]);
  assertEquals(merged.share >= first.coverage.share, true);
});

test("coverage is written as lcov reads it", () => {
  const vm = machine();
  vm.run({ data: udp(53) });
  const lcov = vm.coverage.toLcov();
  const records = lcov.split("end_of_record\n");
  const record = records.find((it) => it.includes("count.bpf.c\n")) ?? "";
  // geninfo(1): TN, SF, FN:<line>,<name>, FNDA:<count>,<name>, FNF, FNH, DA:<line>,<count>, LF, LH
  const lines = record.trim().split("\n");
  for (const line of lines) {
    assertEquals(
      /^(TN:|SF:.+|FN:\d+,\w+|FNDA:\d+,\w+|DA:\d+,\d+|(FNF|FNH|LF|LH):\d+)$/.test(line),
      true,
      line,
    );
  }
  const data = lines.filter((line) => line.startsWith("DA:")).map((line) =>
    line.slice(3).split(",").map(Number)
  );
  const value = (name: string) =>
    Number(lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1));
  assertEquals([value("LF"), value("LH")], [data.length, data.filter(([, hits]) => hits !== 0).length]);
  const at = SOURCE.findIndex((line) => line.includes("int on_packet(")) + 1;
  assertEquals(lines.includes("FNDA:1,on_packet"), true);
  const start = Number(
    lines.find((line) => line.startsWith("FN:") && line.endsWith(",on_packet"))?.slice(3).split(",")[0],
  );
  assertEquals(start >= at && start < at + 5, true);
});

test("coverage of a program without lines is by instruction", () => {
  const vm = new Vm({
    name: "choose",
    type: "syscall",
    instructions: [
      ldx("u32", r2, [r1, 0]),
      mov(r0, 1),
      jeq(r2, 0, "out"),
      mov(r0, 2),
      label("out", exit()),
    ],
  });
  vm.run({ context: new Uint8Array(4) });
  vm.run({ context: new Uint8Array(4) });
  assertEquals(vm.coverage.share, 4 / 5);
  assertEquals(vm.coverage.lines, []);
  assertEquals(
    vm.coverage.toString(),
    `choose:
        2     0  (61) r2 = *(u32 *)(r1 +0)
        2     1  (b7) r0 = 1
        2     2  (15) if r2 == 0x0 goto out
        -     3  (b7) r0 = 2
        2     4  (95) exit
80% of instructions
`,
  );
  vm.run({ context: Uint8Array.of(1, 0, 0, 0) });
  assertEquals(vm.coverage.share, 1);
  assertEquals(vm.coverage.programs[0]?.hits, [3, 3, 3, 1, 3]);
});

test("the report has the lines of the source", () => {
  const vm = machine();
  vm.run({ data: udp(53) });
  const report = vm.coverage.toString();
  const line = SOURCE.findIndex((it) => it.includes(FIRST ?? "")) + 1;
  assertEquals(report.includes(`        1 ${String(line).padStart(5)}  ${SOURCE[line - 1]}\n`), true);
  assertEquals(/\n[\d.]+% of lines\n$/.test(report), true);
});
