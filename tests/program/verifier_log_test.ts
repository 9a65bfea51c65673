import { assertEquals } from "@std/assert";
import { explainLog } from "../../src/program/mod.ts";
import { test } from "../_harness.ts";

/** What Linux 6.18 prints about tests/bpf/refused.bpf.c: `bpftool prog load refused.bpf.o /sys/fs/bpf/refused`. */
const NULL_DEREFERENCE = `
0: R1=ctx() R10=fp0
; int null_dereference(struct xdp_md *ctx) { @ refused.bpf.c:19
0: (b4) w1 = 0                        ; R1=0
; __u64 *count = bpf_map_lookup_elem(&counts, &(__u32){0}); @ refused.bpf.c:20
1: (63) *(u32 *)(r10 -4) = r1         ; R1=0 R10=fp0 fp-8=0000????
2: (bf) r2 = r10                      ; R2=fp0 R10=fp0
3: (07) r2 += -4                      ; R2=fp-4
4: (18) r1 = 0xffff888122490400       ; R1=map_ptr(map=counts,ks=4,vs=8)
6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=counts,ks=4,vs=8)
; *count += 1; @ refused.bpf.c:21
7: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
const OUT_OF_BOUNDS = `
0: R1=ctx() R10=fp0
; __u8 *data = (void *)(long)ctx->data; @ refused.bpf.c:14
0: (61) r1 = *(u32 *)(r1 +0)          ; R1=pkt(r=0)
; return data[100]; @ refused.bpf.c:15
1: (71) r0 = *(u8 *)(r1 +100)
invalid access to packet, off=100 size=1, R1(id=0,off=100,r=0)
R1 offset is outside of the packet
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** `bpf_ringbuf_reserve()` without a submit, on Linux 6.18. */
const LEAK = `
0: R1=ctx() R10=fp0
0: (18) r1 = 0xffff88810031f400       ; R1=map_ptr(map=events,ks=0,vs=0)
2: (b7) r2 = 8                        ; R2=8
3: (b7) r3 = 0                        ; R3=0
4: (85) call bpf_ringbuf_reserve#131          ; R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8) refs=2
5: (bf) r1 = r0                       ; R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8) R1=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8) refs=2
6: (b4) w0 = 1                        ; R0=1 refs=2
7: (55) if r1 != 0x0 goto pc+1 9: R0=1 R1=ringbuf_mem(ref_obj_id=2,sz=8) R10=fp0 refs=2
9: (95) exit
Unreleased reference id=2 alloc_insn=4
BPF_EXIT instruction in main prog would lead to reference leak
processed 10 insns (limit 1000000) max_states_per_insn 1 total_states 1 peak_states 1 mark_read 0
`;

/** `while (x) {}`, on Linux 6.18. */
const INFINITE_LOOP = `
0: R1=ctx() R10=fp0
0: (b4) w1 = 1                        ; R1=1
1: (63) *(u32 *)(r10 -4) = r1         ; R1=1 R10=fp0 fp-8=mmmm????
2: (61) r1 = *(u32 *)(r10 -4)         ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????
3: (56) if w1 != 0x0 goto pc-2 2: R1=scalar(smin=umin=umin32=1,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????
2: (61) r1 = *(u32 *)(r10 -4)
infinite loop detected at insn 3
cur state: R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????
old state: R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????
processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
`;

/** 300 bytes of stack in each of two functions, on Linux 6.18. */
const STACK = `
combined stack size of 2 calls is 608. Too large
processed 18 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
`;

/** The form of Linux 7.3: https://github.com/torvalds/linux/commit/ce7c9f6c599b, kernel/bpf/diagnostics.c. */
const REPORT = `
0: R1=ctx() R10=fp0
0: (95) exit
R0 !read_ok

Verification failed: Register Type Safety: Unreadable register

Reason:
  R0 has never been initialized on this path, so the verifier cannot use it as an input.

At:
  insn 0
        | ^-- error: R0 is not readable
  Instruction context:
  >>> 0 | (95) exit

Causal path:
  no retained diagnostic events on this path

Suggestion:
  Initialize R0 on every path before this instruction.

processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
/** The same with source lines and a reason longer than 100 columns, by `bpf_diag_invalid_deref`. */
const LONG_REPORT = `
; *count += 1; @ refused.bpf.c:21
7: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'

Verification failed: Register Type Safety: Invalid dereference

Reason:
  R0 may be NULL here (a nullable map value pointer). The program could dereference NULL on this
  path, so the verifier cannot prove this access is safe.

At:
  null_dereference @ refused.bpf.c:21:10
  Source context:
      20 | __u64 *count = bpf_map_lookup_elem(&counts, &(__u32){0});
  >>> 21 | *count += 1;
         | ^-- error: invalid dereference of R0 (a nullable map value pointer)
  Instruction context:
      6 | (85) call bpf_map_lookup_elem#1
  >>> 7 | (79) r1 = *(u64 *)(r0 +0)

Suggestion:
  Add a NULL check before the access and dereference the pointer only on the non-NULL path.

processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

const lines = (log: string): string[] => log.split("\n").slice(1, -1);

test("explainLog() finds the instruction, the reason and the source line", () => {
  assertEquals(explainLog(lines(NULL_DEREFERENCE)), {
    reason: ["7: (79) r1 = *(u64 *)(r0 +0)", "R0 invalid mem access 'map_value_or_null'"],
    source: "*count += 1; @ refused.bpf.c:21",
  });
});

test("explainLog() finds reasons of several lines", () => {
  assertEquals(explainLog(lines(OUT_OF_BOUNDS)), {
    reason: [
      "1: (71) r0 = *(u8 *)(r1 +100)",
      "invalid access to packet, off=100 size=1, R1(id=0,off=100,r=0)",
      "R1 offset is outside of the packet",
    ],
    source: "return data[100]; @ refused.bpf.c:15",
  });
  assertEquals(explainLog(lines(LEAK)), {
    reason: [
      "9: (95) exit",
      "Unreleased reference id=2 alloc_insn=4",
      "BPF_EXIT instruction in main prog would lead to reference leak",
    ],
    source: undefined,
  });
});

test("explainLog() is not led astray by states after the reason", () => {
  assertEquals(explainLog(lines(INFINITE_LOOP)).reason, [
    "2: (61) r1 = *(u32 *)(r10 -4)",
    "infinite loop detected at insn 3",
  ]);
});

test("explainLog() finds a reason without an instruction", () => {
  const reason = ["combined stack size of 2 calls is 608. Too large"];
  assertEquals(explainLog(lines(STACK)), { reason, source: undefined });
});

test("explainLog() reads the reports of Linux 7.3", () => {
  assertEquals(explainLog(lines(REPORT)), {
    reason: [
      "Register Type Safety: Unreadable register",
      "R0 has never been initialized on this path, so the verifier cannot use it as an input",
      "Initialize R0 on every path before this instruction",
    ],
    source: undefined,
  });
  assertEquals(explainLog(lines(LONG_REPORT)), {
    reason: [
      "Register Type Safety: Invalid dereference",
      "R0 may be NULL here (a nullable map value pointer). The program could dereference NULL on this path, so the " +
      "verifier cannot prove this access is safe",
      "Add a NULL check before the access and dereference the pointer only on the non-NULL path",
    ],
    source: "*count += 1; @ refused.bpf.c:21",
  });
});

test("explainLog() makes do with less", () => {
  const none = { reason: [], source: undefined };
  assertEquals(explainLog([]), none);
  assertEquals(explainLog(["processed 0 insns (limit 1000000)"]), none);
  assertEquals(explainLog(["0: (95) exit"]).reason, ["0: (95) exit"]);
  assertEquals(explainLog(["Verification failed: Policy"]).reason, ["Policy"]);
  const words = Array.from({ length: 10 }, (_, i) => `word ${i}`);
  assertEquals(explainLog(words).reason, ["word 7", "word 8", "word 9"]);
});
