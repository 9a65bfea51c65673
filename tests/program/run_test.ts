import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  call,
  exit,
  type Instruction,
  jeq,
  label,
  ldMap,
  ldx,
  mov,
  r0,
  r1,
  r10,
  r2,
  st,
  stx,
} from "../../src/asm/mod.ts";
import { atomicAdd, r3, r4, r5, r6 } from "../../src/asm/mod.ts";
import { u32 } from "../../src/codec/mod.ts";
import { NotSupportedError, SyscallError } from "../../src/errors.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { loadProgram, type Program, type ProgramType } from "../../src/program/mod.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;
const PACKET = new Uint8Array(64);

function program(type: ProgramType, ...instructions: Instruction[]): Program {
  return loadProgram({ name: "subject", type, instructions });
}

/** Where fields of `struct __sk_buff` are, in bytes: include/uapi/linux/bpf.h. */
const MARK = 8;
const CB = 48;
const SK_BUFF_SIZE = 192;

test("run() gives socket buffers a context, and it back", BPF, () => {
  using subject = program(
    "sched_cls",
    ldx("u32", r0, [r1, MARK]),
    mov(r2, r0),
    add(r2, 1),
    stx("u32", [r1, CB], r2),
    exit(),
  );
  const context = new Uint8Array(SK_BUFF_SIZE);
  new DataView(context.buffer).setUint32(MARK, 41, true);
  const { returnValue, context: after } = subject.run({ data: PACKET, context });
  assertEquals(returnValue, 41);
  assertEquals(after?.length, SK_BUFF_SIZE);
  assertEquals(new DataView(after?.buffer as ArrayBuffer).getUint32(CB, true), 42);
  assertEquals(context[CB], 0); // that of the caller stays
  assertEquals("context" in subject.run({ data: PACKET }), false);
});

test("run() takes fields of a context that a test may set only", BPF, () => {
  using subject = program("sched_cls", mov(r0, 0), exit());
  const context = new Uint8Array(SK_BUFF_SIZE);
  context[0] = 1; // len
  assertThrows(
    () => subject.run({ data: PACKET, context }),
    SyscallError,
    "the data has 64 bytes, and the context may have fields set that a test cannot set",
  );
});

test("run() gives raw tracepoints their arguments", BPF, () => {
  using subject = program("raw_tracepoint", ldx("u64", r0, [r1, 8]), exit());
  const context = new BigUint64Array([1n, 77n]);
  assertEquals(subject.run({ context: new Uint8Array(context.buffer) }).returnValue, 77);
  assertThrows(
    () => subject.run({ context: new Uint8Array(13 * 8) }), // MAX_BPF_FUNC_ARGS is 12
    SyscallError,
    "the context has 104 bytes, more or fewer than fit",
  );
});

test("run() gives the context back that programs of type syscall wrote to", BPF, () => {
  using subject = program(
    "syscall",
    ldx("u32", r2, [r1, 0]),
    add(r2, 1),
    stx("u32", [r1, 4], r2),
    mov(r0, 0),
    exit(),
  );
  const given = Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0);
  const { context } = subject.run({ context: given });
  assertEquals(context, Uint8Array.of(6, 0, 0, 0, 7, 0, 0, 0));
  assertEquals(given[4], 0);
  assertThrows(
    () => subject.run({ context: new Uint8Array(4) }),
    SyscallError,
    "fewer than the program reads",
  );
  assertThrows(() => subject.run({ data: PACKET }), SyscallError, "take a context instead of data");
});

test("run() runs raw tracepoints on a CPU of one's choice", BPF, () => {
  using subject = program("raw_tracepoint", call("bpf_get_smp_processor_id"), exit());
  for (const cpu of [0, 1, 0]) {
    if (navigator.hardwareConcurrency > cpu) assertEquals(subject.run({ cpu }).returnValue, cpu);
  }
  assertThrows(() => subject.run({ cpu: 100_000 }), RangeError, "there is no CPU 100000, or it is off");
  assertThrows(() => subject.run({ cpu: -1 }), RangeError, "cpu -1 is not an integer from 0");
  using xdp = program("xdp", mov(r0, 2), exit());
  assertThrows(() => xdp.run({ data: PACKET, cpu: 0 }), SyscallError, "only raw tracepoints run on a CPU");
});

test("run() with live frames runs once for each frame", { needs: ["root", "bpf"] }, () => {
  using hits = createMap(array(u32), { name: "hits", maxEntries: 1 });
  const instructions = [
    st("u32", [r10, -4], 0),
    mov(r2, r10),
    add(r2, -4),
    ldMap(r1, "hits"),
    call("bpf_map_lookup_elem"),
    jeq(r0, 0, "out"),
    mov(r6, 1),
    atomicAdd("u32", [r0, 0], r6),
    label("out", mov(r0, 1)), // XDP_DROP
    exit(),
  ];
  using subject = loadProgram({ name: "drops", type: "xdp", instructions, maps: { hits } });
  const { data, returnValue } = subject.run({ data: PACKET, repeat: 200, liveFrames: true, batchSize: 16 });
  assertEquals([hits.get(0), data.length, returnValue], [200, 0, 0]);
  using other = program("sched_cls", mov(r0, 0), exit());
  assertThrows(
    () => other.run({ data: PACKET, liveFrames: true }),
    SyscallError,
    "only XDP programs run with live",
  );
});

test("run() checks the sum of packets that have one", BPF, () => {
  using keeps = program("sched_cls", mov(r0, 3), exit());
  assertEquals(keeps.run({ data: PACKET, checksumComplete: true }).returnValue, 3);
  // bpf_skb_store_bytes(skb, 20, &7, 4, 0), without BPF_F_RECOMPUTE_CSUM
  using breaks = program(
    "sched_cls",
    st("u32", [r10, -4], 7),
    mov(r2, 20),
    mov(r3, r10),
    add(r3, -4),
    mov(r4, 4),
    mov(r5, 0),
    call("bpf_skb_store_bytes"),
    mov(r0, 0),
    exit(),
  );
  assertThrows(
    () => breaks.run({ data: PACKET, checksumComplete: true }),
    SyscallError,
    "the program leaves the packet with a wrong checksum",
  );
  using xdp = program("xdp", mov(r0, 2), exit());
  assertThrows(
    () => xdp.run({ data: PACKET, checksumComplete: true }),
    SyscallError,
    "only programs for socket buffers know checksums",
  );
});

test("run() of packets that are too large says how large they are", BPF, () => {
  using subject = program("sched_cls", mov(r0, 0), exit());
  assertEquals(subject.run({ data: new Uint8Array(3400) }).data.length, 3400);
  assertThrows(
    () => subject.run({ data: new Uint8Array(1 << 20) }),
    SyscallError,
    "the data has 1048576 bytes",
  );
});

test("benchmark() runs as often as it says", { needs: ["root", "bpf"] }, () => {
  using subject = program("xdp", mov(r0, 2), exit());
  assertEquals(subject.benchmark({ data: PACKET, times: 7 }).times, 7);
  const before = performance.now();
  const { duration, times } = subject.benchmark({ data: PACKET });
  const took = performance.now() - before;
  assertEquals(times >= 1000, true);
  // the kernel measured no more than it took
  assertEquals(duration * times / 1e6 <= took, true);
  assertEquals(took < 60_000, true);
});

test("benchmark() of what runs once at a time says so", BPF, () => {
  using tracing = program("raw_tracepoint", mov(r0, 0), exit());
  assertThrows(() => tracing.benchmark(), SyscallError, "programs for tracing take no data, and run once");
  using probe = program("kprobe", mov(r0, 0), exit());
  assertThrows(
    () => probe.benchmark(),
    NotSupportedError,
    "the kernel cannot run programs of this type by hand",
  );
});
