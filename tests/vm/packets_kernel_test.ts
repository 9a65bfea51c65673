import { assertEquals, assertThrows } from "@std/assert";
import * as asm from "../../src/asm/mod.ts";
import type { Instruction } from "../../src/asm/mod.ts";
import { kernelVersionCode } from "../../src/kernel/mod.ts";
import { createMap, programArray } from "../../src/map/mod.ts";
import { loadProgram, type ProgramType } from "../../src/program/mod.ts";
import { Vm, type VmProgramType } from "../../src/vm/mod.ts";
import { test } from "../_harness.ts";
import { Chance } from "./_random.ts";

const BPF = { needs: ["bpf"] } as const;
const { r0, r1, r10, r2, r3, r4, r5, r6, r7, mov, add, st, stx, ldx, call, exit, sub, ldImm64, lsh, or } =
  asm;
const { jgt, label } = asm;

interface Run {
  readonly data: Uint8Array;
  readonly context?: Uint8Array;
}

/** Runs a program in both, and gives what came out of the kernel once it is the same. */
function both(type: ProgramType & VmProgramType, instructions: readonly Instruction[], run: Run): number {
  using loaded = loadProgram({ name: "packets", type, instructions });
  const theirs = loaded.run(run);
  const ours = new Vm({ type, instructions }).run(run);
  const text = asm.disassemble(instructions);
  assertEquals(ours.returnValue, theirs.returnValue, text);
  assertEquals(ours.data.toHex(), theirs.data.toHex(), text);
  assertEquals(ours.context?.toHex(), theirs.context?.toHex(), text);
  return theirs.returnValue;
}

const packet = new Chance(5).bytes(64);

test("XDP programs move the ends of a packet as in the kernel", BPF, () => {
  const seen = new Set<number>();
  const adjust = (helper: asm.HelperName, by: number) => [mov(r1, r6), mov(r2, by), call(helper)];
  const lengths = [
    ldx("u32", r2, [r6, 4]),
    ldx("u32", r3, [r6, 0]),
    sub(r2, r3),
    ldx("u32", r4, [r6, 8]),
    sub(r3, r4),
  ];
  const cases: [asm.HelperName, number][] = [];
  for (const by of [0, 4, -4, 8, -8, 14, -14, 50, 51, -200, -216, -217, -220, -224, -232, -256, -257, 4000]) {
    cases.push(["bpf_xdp_adjust_head", by]);
  }
  for (const by of [0, -4, 4, -8, -50, -51, 100, 3456, 3457, 3500, -100_000]) {
    cases.push(["bpf_xdp_adjust_tail", by]);
  }
  // Linux 6.1 has metadata of up to 32 bytes only.
  const more = kernelVersionCode() < (6 << 16 | 12 << 8) ? [] : [-32, -248, -252, -256, -300];
  for (const by of [0, -4, -6, 4, -8, 8, ...more]) cases.push(["bpf_xdp_adjust_meta", by]);
  for (const [helper, by] of cases) {
    for (const [second, more] of [["bpf_xdp_adjust_meta", -8], ["bpf_xdp_adjust_head", -4]] as const) {
      const instructions = [
        mov(r6, r1),
        ...adjust(helper, by),
        mov(r7, r0),
        ...adjust(second, more),
        lsh(r7, 8),
        add(r7, r0),
        ...lengths,
        lsh(r7, 16),
        add(r7, r2),
        lsh(r3, 12),
        add(r7, r3),
        mov(r0, r7),
        exit(),
      ];
      seen.add(both("xdp", instructions, { data: packet }));
    }
  }
  assertEquals(seen.size > 20, true);
});

test("XDP programs find metadata that the context tells of", BPF, () => {
  const instructions = [
    ldx("u32", r2, [r1, 0]),
    ldx("u32", r3, [r1, 8]),
    mov(r0, r2),
    sub(r0, r3),
    ldx("u32", r4, [r1, 12]), // ingress_ifindex
    lsh(r0, 16),
    or(r0, r4),
    mov(r1, r1),
    exit(),
  ];
  for (const metadata of [0, 4, 8, 32]) {
    const context = new Uint8Array(24);
    const view = new DataView(context.buffer);
    view.setUint32(0, metadata, true);
    view.setUint32(4, packet.length, true);
    both("xdp", instructions, { data: packet, context });
  }
});

test("programs for socket buffers find the fields that the kernel fills in", BPF, () => {
  // len, pkt_type, mark, protocol, vlan_present, priority, ingress_ifindex, ifindex, tc_index, cb[0], cb[4]
  const fields = [0, 4, 8, 16, 20, 32, 40, 44, 48, 64];
  const broadcast = packet.slice().fill(0xff, 0, 6);
  const multicast = packet.slice().fill(1, 0, 1);
  const own = packet.slice().fill(0, 0, 6);
  for (const data of [packet, broadcast, multicast, own]) {
    for (const type of ["sched_cls", "socket_filter"] as const) {
      for (const at of fields) both(type, [ldx("u32", r0, [r1, at]), exit()], { data });
    }
  }
  // These return no more than one bit.
  for (const at of [0, 4, 16, 40]) {
    for (let bit = 0; bit < 32; bit++) {
      both("cgroup_skb", [ldx("u32", r0, [r1, at]), asm.rsh(r0, bit), asm.and(r0, 1), exit()], {
        data: packet,
      });
    }
  }
  const context = new Uint8Array(192);
  const view = new DataView(context.buffer);
  for (const at of [8, 32, 48, 52, 56, 60, 64]) view.setUint32(at, at * 0x01010101, true);
  const writes = [8, 32, 48, 64].flatMap((
    at,
  ) => [ldx("u32", r2, [r1, at]), add(r2, 1), stx("u32", [r1, at], r2)]);
  for (const at of [8, 32, 48, 64]) {
    both("sched_cls", [...writes, ldx("u32", r0, [r1, at]), exit()], { data: packet, context });
  }
  // Parts of fields
  for (const [size, at] of [["u8", 9], ["u16", 10], ["u8", 16], ["u16", 48]] as const) {
    both("sched_cls", [ldx(size, r0, [r1, at]), exit()], { data: packet, context });
  }
});

test("programs of the network layer see a packet without its Ethernet header", BPF, () => {
  // Not cgroup_skb, for which test runs of Linux 6.12 leave data_end unset.
  const first = [
    ldx("u32", r2, [r1, 76]),
    ldx("u32", r3, [r1, 80]),
    mov(r4, r2),
    add(r4, 1),
    mov(r0, 0),
    jgt(r4, r3, "out"),
    ldx("u8", r0, [r2, 0]),
    label("out", exit()),
  ];
  assertEquals(both("lwt_in", first, { data: packet }), packet[14]);
  assertEquals(both("sched_cls", first, { data: packet }), packet[0]);
});

test("helpers read and write packets as in the kernel", BPF, () => {
  const results = new Set<number>();
  for (const type of ["sched_cls", "xdp"] as const) {
    const family = type === "xdp" ? "xdp" : "skb";
    for (const [offset, size] of [[0, 1], [0, 64], [1, 64], [60, 4], [61, 4], [64, 1], [13, 16]] as const) {
      for (const what of ["load", "store"] as const) {
        const instructions = [
          ...Array.from({ length: 8 }, (_, i) => st("u64", [r10, -64 + i * 8], i + 1)),
          mov(r2, offset),
          mov(r3, r10),
          add(r3, -64),
          mov(r4, size),
          mov(r5, 0),
          call(`bpf_${family}_${what}_bytes`),
          ldx("u32", r1, [r10, -64]),
          lsh(r0, 24),
          asm.xor(r0, r1),
          exit(),
        ];
        results.add(both(type, instructions, { data: packet }));
      }
    }
  }
  for (const length of [0, 14, 63, 64, 65]) {
    results.add(both("sched_cls", [mov(r2, length), call("bpf_skb_pull_data"), exit()], { data: packet }));
  }
  results.add(both("xdp", [call("bpf_xdp_get_buff_len"), exit()], { data: packet }));
  assertEquals(results.size > 8, true);
});

test("socket buffers get longer and shorter as in the kernel", BPF, () => {
  const results = new Set<number>();
  const sizes = [0, 13, 14, 20, 63, 64, 65, 100, 1000, 16_065, 70_000, -1];
  for (const helper of ["bpf_skb_change_tail", "bpf_skb_change_head"] as const) {
    for (const size of sizes) {
      const instructions = [
        mov(r6, r1),
        mov(r2, size),
        mov(r3, 0),
        call(helper),
        mov(r7, r0),
        ldx("u32", r0, [r6, 0]),
        lsh(r0, 8),
        add(r0, r7),
        exit(),
      ];
      results.add(both("sched_cls", instructions, { data: packet }));
    }
  }
  assertEquals(results.size > 12, true);
});

test("helpers change checksums as in the kernel", BPF, () => {
  const results = new Set<string>();
  const chance = new Chance(9);
  for (const helper of ["bpf_l3_csum_replace", "bpf_l4_csum_replace"] as const) {
    for (let i = 0; i < 200; i++) {
      const [from, to] = [chance.u32(), chance.u32()];
      const offset = chance.pick([0, 10, 24, 25, 62, 63, 64, 70_000]);
      const size = chance.pick([0, 2, 2, 4, 4, 3]);
      const flags = size |
        chance.pick(helper === "bpf_l4_csum_replace" ? [0, 0x10, 0x20, 0x30, 0x60] : [0, 0, 0x10]);
      const data = chance.bytes(64);
      if (chance.below(4) === 0) data.fill(0, 24, 26);
      const instructions = [
        mov(r2, offset),
        size === 0 && chance.below(3) > 0 ? mov(r3, 0) : ldImm64(r3, size === 2 ? from & 0xffff : from),
        ldImm64(r4, size === 2 ? to & 0xffff : to),
        mov(r5, flags),
        call(helper),
        exit(),
      ];
      results.add(`${both("sched_cls", instructions, { data }) | 0}`);
    }
  }
  assertEquals([...results].sort(), ["-14", "-22", "0"]); // EFAULT, EINVAL
});

test("redirections are refused as in the kernel", BPF, () => {
  for (const flags of [0, 1, 2, 3, 16]) {
    for (const type of ["sched_cls", "xdp"] as const) {
      // What the kernel would do with the packet is not asked for: a test run only returns the action.
      both(type, [mov(r1, 1), mov(r2, flags), call("bpf_redirect"), exit()], { data: packet });
    }
  }
  const vm = new Vm({
    type: "sched_cls",
    instructions: [
      mov(r6, r1),
      mov(r2, 7),
      mov(r3, 1),
      call("bpf_clone_redirect"),
      mov(r1, 9),
      mov(r2, 0),
      call("bpf_redirect"),
      exit(),
    ],
  });
  const { returnValue, redirects } = vm.run({ data: packet });
  assertEquals(returnValue, 7); // TC_ACT_REDIRECT
  assertEquals(redirects, [
    { by: "bpf_clone_redirect", to: 7, flags: 1n, data: packet },
    { by: "bpf_redirect", to: 9, flags: 0n },
  ]);
});

test("tail calls end where those of the kernel do", BPF, () => {
  // Counts in the packet how often it was entered, and calls itself.
  const instructions = [
    mov(r6, r1),
    ldx("u32", r2, [r1, 0]),
    ldx("u32", r3, [r1, 4]),
    mov(r4, r2),
    add(r4, 8),
    jgt(r4, r3, "out"),
    ldx("u8", r5, [r2, 0]),
    add(r5, 1),
    stx("u8", [r2, 0], r5),
    mov(r1, r6),
    asm.ldMap(r2, "tails"),
    mov(r3, 0),
    call("bpf_tail_call"),
    mov(r0, 2),
    exit(),
    label("out", mov(r0, 1)),
    exit(),
  ];
  const vm = new Vm({
    type: "xdp",
    instructions,
    programs: { again: instructions },
    maps: { tails: { type: 3, keySize: 4, valueSize: 4, maxEntries: 1 } },
  });
  vm.maps["tails"]?.set(0, "again");
  const { data, returnValue } = vm.run({ data: new Uint8Array(64) });
  using tails = createMap(programArray(), { name: "tails", maxEntries: 1 });
  using loaded = loadProgram({ name: "again", type: "xdp", instructions, maps: { tails } });
  tails.set(0, loaded);
  assertEquals([data[0], returnValue], [loaded.run({ data: new Uint8Array(64) }).data[0], 2]);
  // MAX_TAIL_CALL_CNT of include/linux/bpf.h is 33, and the program itself is entered once.
  assertEquals(data[0], 34);
});

test("packets and contexts that the kernel refuses are refused", () => {
  const vm = new Vm({ type: "xdp", instructions: [mov(r0, 2), exit()] });
  assertThrows(
    () => vm.run({ data: new Uint8Array(13) }),
    RangeError,
    'Cannot run program "program": the packet has 13 bytes, fewer than the 14 of an Ethernet header',
  );
  assertThrows(
    () => vm.run({ data: packet, context: new Uint8Array(25) }),
    RangeError,
    "25 bytes, more than 24",
  );
  const context = new Uint8Array(24);
  context[0] = 6;
  assertThrows(() => vm.run({ data: packet, context }), RangeError, "says that 6 of 64 bytes are metadata");
  const tracing = new Vm({ type: "raw_tracepoint", instructions: [mov(r0, 0), exit()] });
  assertThrows(() => tracing.run({ data: packet }), RangeError, "its type takes a context instead of data");
});
