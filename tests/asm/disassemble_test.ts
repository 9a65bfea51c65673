import { assertEquals } from "@std/assert";
import { decode, disassemble, exit, label, ldImm64, mov, r0, r1 } from "../../src/asm/mod.ts";
import { test } from "../_harness.ts";

// A loaded program, as `bpftool prog dump xlated … file` and `bpftool prog dump xlated …` give it (Linux 6.18).
const BYTES = [
  "bf16000000000000b401000000000000631afcff00000000bfa200000000000007020000fcffffff181100001e000000",
  "000000000000000007010000380100006120000000000000350003000100000067000000030000000f10000000000000",
  "0500010000000000b700000000000000150008000000000079010000000000001822000020000000",
  "000000000000000079230000000000000f130000000000007b320000000000006161700000000000db10000000000000",
  "b4000000000000009500000000000000",
].join("");

const TEXT = `\
   0: (bf) r6 = r1
   1: (b4) w1 = 0
   2: (63) *(u32 *)(r10 -4) = r1
   3: (bf) r2 = r10
   4: (07) r2 += -4
   5: (18) r1 = map[id:30]
   7: (07) r1 += 312
   8: (61) r0 = *(u32 *)(r2 +0)
   9: (35) if r0 >= 0x1 goto pc+3
  10: (67) r0 <<= 3
  11: (0f) r0 += r1
  12: (05) goto pc+1
  13: (b7) r0 = 0
  14: (15) if r0 == 0x0 goto pc+8
  15: (79) r1 = *(u64 *)(r0 +0)
  16: (18) r2 = map[id:32][0]+0
  18: (79) r3 = *(u64 *)(r2 +0)
  19: (0f) r3 += r1
  20: (7b) *(u64 *)(r2 +0) = r3
  21: (61) r1 = *(u32 *)(r6 +112)
  22: (db) lock *(u64 *)(r0 +0) += r1
  23: (b4) w0 = 0
  24: (95) exit`;

test("disassemble() lists a program as bpftool does", () => {
  const bytes = Uint8Array.from(BYTES.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  assertEquals(disassemble(decode(bytes)), TEXT);
});

test("disassemble() shows symbols and lines of source", () => {
  // The form of a source line is that of the verifier's log since Linux 6.9: `; text @ file:line`.
  const source = { file: "/src/main.bpf.c", text: "\tlong x = 1;", line: 3, column: 2 };
  const program = [label("main", { ...ldImm64(r1, 1), source }), mov(r0, 0), exit()];
  assertEquals(
    disassemble(program),
    `\
main:
; long x = 1; @ main.bpf.c:3
   0: (18) r1 = 0x1
   2: (b7) r0 = 0
   3: (95) exit`,
  );
});
