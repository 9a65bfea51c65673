import { assertEquals, assertThrows } from "@std/assert";
import * as asm from "../../src/asm/mod.ts";
import type { HelperName, Instruction } from "../../src/asm/mod.ts";
import { bytes } from "../../src/codec/mod.ts";
import { VmError } from "../../src/errors.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { Vm, VmMap } from "../../src/vm/mod.ts";
import { test } from "../_harness.ts";

const { r0, r1, r10, r2, r3, r4, r5, r6, mov, add, st, ldx, stx, call, exit, ldImm64, ldMap, label } = asm;

/** Puts text with a NUL on the stack, from an offset on. */
function text(at: number, content: string): Instruction[] {
  const bytes = new TextEncoder().encode(`${content}\0`);
  return [...bytes].map((byte, index) => st("u8", [r10, at + index], byte << 24 >> 24));
}

const pointer = (register: typeof r1, at: number) => [mov(register, r10), add(register, at)];

/** The 8 bytes on the stack at -8 that a helper filled in. */
const filled = [ldx("u64", r0, [r10, -8]), stx("u64", [r6, 0], r0), mov(r0, 0), exit()];

function fills(...instructions: Instruction[]): Uint8Array {
  const vm = new Vm({
    type: "syscall",
    instructions: [mov(r6, r1), st("u64", [r10, -8], -1), ...instructions, ...filled],
    task: { pid: 0x1234, tid: 0x5678, uid: 7, gid: 9, comm: "waggle" },
  });
  return vm.run({ context: new Uint8Array(8) }).context ?? new Uint8Array(0);
}

function returned(helper: HelperName): bigint {
  const bytes = fills(call(helper), stx("u64", [r10, -8], r0));
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

test("the task is whom the test says", () => {
  assertEquals(returned("bpf_get_current_pid_tgid"), 0x1234n << 32n | 0x5678n);
  assertEquals(returned("bpf_get_current_uid_gid"), 9n << 32n | 7n);
  const comm = fills(...pointer(r1, -8), mov(r2, 8), call("bpf_get_current_comm"));
  assertEquals(new TextDecoder().decode(comm), "waggle\0\0");
  const vm = new Vm({ type: "kprobe", instructions: [call("bpf_get_current_pid_tgid"), exit()] });
  assertEquals(vm.run().returnValue, 1);
  vm.task = { pid: 4, tid: 5 };
  assertEquals(vm.run().returnValue, 5);
});

test("the clock and chance are the test's", () => {
  const now = new Vm({ type: "kprobe", instructions: [call("bpf_ktime_get_ns"), exit()], clock: 5n });
  assertEquals(now.run().returnValue, 5);
  now.clock += 10n;
  assertEquals(now.run().returnValue, 15);
  let time = 100n;
  const ticking = new Vm({
    type: "kprobe",
    instructions: [call("bpf_ktime_get_boot_ns"), exit()],
    clock: () => time++,
  });
  assertEquals([ticking.run().returnValue, ticking.run().returnValue], [100, 101]);
  const draw = [call("bpf_get_prandom_u32"), exit()];
  const seeded = () => new Vm({ type: "kprobe", instructions: draw, random: 42 });
  const [first, second] = [seeded(), seeded()];
  const drawn = [1, 2, 3].map(() => first.run().returnValue);
  assertEquals([1, 2, 3].map(() => second.run().returnValue), drawn);
  assertEquals(new Set(drawn).size, 3);
  const given = new Vm({ type: "kprobe", instructions: draw, random: () => 4 });
  assertEquals(given.run().returnValue, 4);
  const where = new Vm({ type: "kprobe", instructions: [call("bpf_get_smp_processor_id"), exit()], cpu: 3 });
  assertEquals(where.run().returnValue, 3);
});

test("values of per-CPU maps are of the CPU that the test says, those of others of all", () => {
  const increment = (map: string) => [
    st("u32", [r10, -4], 0),
    ...pointer(r2, -4),
    ldMap(r1, map),
    call("bpf_map_lookup_elem"),
    asm.jeq(r0, 0, "out"),
    mov(r1, 1),
    asm.atomicAdd("u64", [r0, 0], r1),
  ];
  const vm = new Vm({
    type: "kprobe",
    cpus: 4,
    maps: {
      each: { type: 6, keySize: 4, valueSize: 8, maxEntries: 1 }, // BPF_MAP_TYPE_PERCPU_ARRAY
      all: { type: 2, keySize: 4, valueSize: 8, maxEntries: 4 }, // BPF_MAP_TYPE_ARRAY
    },
    instructions: [...increment("each"), ...increment("all"), label("out", mov(r0, 0)), exit()],
  });
  for (const cpu of [0, 2, 2, 3]) {
    vm.cpu = cpu;
    vm.run();
  }
  assertEquals([0, 1, 2, 3].map((cpu) => vm.maps["each"]?.get(0, cpu)?.[0]), [1, 0, 2, 1]);
  assertEquals([0, 1, 2, 3].map((index) => vm.maps["all"]?.get(index)?.[0]), [4, 0, 0, 0]);
  assertThrows(
    () => vm.cpu = 4,
    RangeError,
    "Cannot run programs on CPU 4: the machine has 4: give it more as cpus",
  );
  assertThrows(
    () => vm.maps["each"]?.get(0, 4),
    RangeError,
    'uses map "each" on CPU 4: it has values for 4 CPUs',
  );
});

test("memory of a process is what the test puts there", () => {
  const instructions = (helper: HelperName, size: number) => [
    mov(r6, r1),
    st("u64", [r10, -8], -1),
    ldx("u64", r3, [r1, 0]),
    ...pointer(r1, -8),
    mov(r2, size),
    call(helper),
    ldx("u64", r1, [r10, -8]),
    stx("u64", [r6, 0], r1),
    exit(),
  ];
  const run = (helper: HelperName, size: number, content: string | undefined) => {
    const vm = new Vm({ type: "kprobe", instructions: instructions(helper, size) });
    const address = content === undefined ? 0xdead_beefn : vm.allocate(new TextEncoder().encode(content));
    const context = new Uint8Array(new BigUint64Array([address]).buffer);
    const { returnValue, context: after } = vm.run({ context });
    return [returnValue | 0, after?.toHex()];
  };
  assertEquals(run("bpf_probe_read_user", 4, "abcdefgh"), [0, "61626364ffffffff"]);
  assertEquals(run("bpf_probe_read_kernel", 8, "abc"), [-14, "0000000000000000"]); // EFAULT: only part is there
  assertEquals(run("bpf_probe_read_user", 8, undefined), [-14, "0000000000000000"]);
  // The length has the NUL in it; longer text is cut off (bpf-helpers(7)).
  assertEquals(run("bpf_probe_read_user_str", 8, "abc\0def"), [4, "61626300ffffffff"]);
  assertEquals(run("bpf_probe_read_kernel_str", 4, "abcdefgh"), [4, "61626300ffffffff"]);
  assertEquals(run("bpf_probe_read_str", 8, undefined), [-14, "0000000000000000"]);
});

test("text is printed as the kernel would", () => {
  const print = (format: string, ...args: bigint[]) =>
    new Vm({
      type: "kprobe",
      instructions: [
        ...text(-64, format),
        ...text(-80, "text"),
        ...pointer(r1, -64),
        mov(r2, format.length + 1),
        ...[r3, r4, r5].flatMap((register, index) =>
          args[index] === undefined
            ? [mov(register, 0)]
            : args[index] === -80n
            ? pointer(register as typeof r1, -80)
            : [ldImm64(register, args[index])]
        ),
        call("bpf_trace_printk"),
        exit(),
      ],
    }).run();
  // Documentation/core-api/printk-formats.rst and bpf-helpers(7)
  assertEquals(print("%d %u %x\n", -1n, 0xffff_ffffn, 0xbeefn).printed, ["-1 4294967295 beef"]);
  assertEquals(print("%lld %llu %llx", -1n, (1n << 64n) - 1n, 1n << 60n).printed, [
    "-1 18446744073709551615 1000000000000000",
  ]);
  assertEquals(print("%s=%5d|%-5d|", -80n, 42n, 42n).printed, ["text=   42|42   |"]);
  assertEquals(print("%05d %#x %c", 42n, 255n, 65n).printed, ["00042 0xff A"]);
  assertEquals(print("100%%").printed, ["100%"]);
  assertEquals(print("four\n").returnValue, 5);
  assertThrows(() => print("%q", 1n), VmError, "which has a conversion that the kernel does not know");
});

test("bpf_snprintf() writes what it writes in the kernel", { needs: ["bpf"] }, () => {
  const cases: [string, number, bigint[]][] = [
    ["%d:%x", 32, [-5n, 255n]],
    ["%llu %lld", 48, [(1n << 63n) + 5n, -(1n << 62n)]],
    ["%08x|%8d|%-8d|", 48, [0xabcn, -7n, -7n]],
    ["%u%%", 4, [123456n]],
    ["%c%c", 16, [72n, 105n]],
    ["%i %X %lx", 40, [-1n, 0xabcdefn, 1n << 40n]],
  ];
  for (const [format, size, args] of cases) {
    const instructions = [
      mov(r6, r1),
      ...Array.from({ length: 8 }, (_, i) => st("u64", [r10, -64 + i * 8], 0)),
      ...args.flatMap((arg, i) => [ldImm64(r1, arg), stx("u64", [r10, -128 + i * 8], r1)]),
      ...pointer(r1, -64),
      mov(r2, size),
      asm.ldMapValue(r3, "format", 0),
      ...pointer(r4, -128),
      mov(r5, args.length * 8),
      call("bpf_snprintf"),
      ...Array.from(
        { length: 6 },
        (_, i) => [ldx("u64", r1, [r10, -64 + i * 8]), stx("u64", [r6, i * 8], r1)],
      ).flat(),
      exit(),
    ];
    const contents = new Uint8Array(64);
    new TextEncoder().encodeInto(format, contents);
    // The verifier reads the format, which nothing may change.
    using frozen = createMap(array(bytes(64)), { name: "format", maxEntries: 1, flags: ["rdonly_prog"] });
    frozen.set(0, contents);
    frozen.freeze();
    using loaded = loadProgram({ name: "prints", type: "syscall", instructions, maps: { format: frozen } });
    const theirs = loaded.run({ context: new Uint8Array(64) });
    const vm = new Vm({
      type: "syscall",
      instructions,
      maps: { format: { type: 2, keySize: 4, valueSize: 64, maxEntries: 1, flags: 128, contents } },
    });
    const ours = vm.run({ context: new Uint8Array(64) });
    assertEquals(new TextDecoder().decode(ours.context), new TextDecoder().decode(theirs.context), format);
    assertEquals(ours.returnValue, theirs.returnValue, format);
  }
});

test("events reach the test", () => {
  const vm = new Vm({
    type: "xdp",
    maps: { samples: { type: 4, keySize: 4, valueSize: 4, maxEntries: 2 } }, // BPF_MAP_TYPE_PERF_EVENT_ARRAY
    instructions: [
      st("u64", [r10, -8], 7),
      ldMap(r2, "samples"),
      ldImm64(r3, 4n << 32n | 0xffff_ffffn), // BPF_F_CURRENT_CPU, and 4 bytes of the packet
      ...pointer(r4, -8),
      mov(r5, 8),
      call("bpf_perf_event_output"),
      exit(),
    ],
  });
  assertEquals(vm.run({ data: new Uint8Array(64).fill(9) }).returnValue, 0);
  assertEquals(vm.maps["samples"]?.take(), [Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9)]);
  assertEquals(vm.maps["samples"]?.take(), []);
});

test("helpers of the test take the place of those of the kernel", () => {
  const routes = new VmMap("routes", { type: 1, keySize: 4, valueSize: 4, maxEntries: 4 });
  routes.set(1, 2);
  const seen: unknown[] = [];
  const vm = new Vm({
    type: "xdp",
    maps: { routes },
    instructions: [
      st("u64", [r10, -8], 5),
      ...pointer(r2, -8),
      mov(r3, 8),
      ldMap(r4, "routes"),
      mov(r5, -1),
      call("bpf_fib_lookup"),
      ldx("u64", r1, [r10, -8]),
      add(r0, r1),
      exit(),
    ],
    helpers: {
      bpf_fib_lookup: (_context, parameters, size, map, flags, vm) => {
        const bytes = vm.memory(parameters, Number(size));
        seen.push(bytes[0], vm.mapAt(map)?.name, flags);
        bytes[0] = 40;
        return 2n;
      },
    },
  });
  assertEquals(vm.run({ data: new Uint8Array(64) }).returnValue, 42);
  assertEquals(seen, [5, "routes", (1n << 64n) - 1n]);
});

test("arguments of traced functions are found by number", () => {
  const vm = new Vm({
    type: "tracing",
    instructions: [
      mov(r2, 1),
      ...pointer(r3, -8),
      call("bpf_get_func_arg"),
      ldx("u64", r0, [r10, -8]),
      exit(),
    ],
    cookie: 12n,
  });
  const context = new Uint8Array(new BigUint64Array([10n, 20n, 30n]).buffer);
  assertEquals(vm.run({ context }).returnValue, 20);
  const cookie = new Vm({
    type: "tracing",
    instructions: [call("bpf_get_attach_cookie"), exit()],
    cookie: 12n,
  });
  assertEquals(cookie.run({ context }).returnValue, 12);
});

test("open-coded loops count", () => {
  const vm = new Vm({
    type: "syscall",
    instructions: [
      ...pointer(r1, -8),
      mov(r2, 3),
      mov(r3, 8),
      asm.callKfunc("bpf_iter_num_new"),
      mov(r6, 0),
      label("again", mov(r1, r10)),
      add(r1, -8),
      asm.callKfunc("bpf_iter_num_next"),
      asm.jeq(r0, 0, "out"),
      ldx("u32", r1, [r0, 0]),
      add(r6, r1),
      asm.ja("again"),
      label("out", mov(r0, r6)),
      exit(),
    ],
  });
  assertEquals(vm.run().returnValue, 3 + 4 + 5 + 6 + 7);
});

test("dynamic pointers reach parts of memory and records", () => {
  const vm = new Vm({
    type: "xdp",
    maps: { ring: { type: 27, maxEntries: 4096 } }, // BPF_MAP_TYPE_RINGBUF
    instructions: [
      mov(r6, r1),
      // The first 4 bytes of the packet, by a dynamic pointer at -32
      mov(r2, 0),
      ...pointer(r3, -32),
      asm.callKfunc("bpf_dynptr_from_xdp"),
      ...pointer(r1, -8),
      mov(r2, 4),
      ...pointer(r3, -32),
      mov(r4, 60),
      mov(r5, 0),
      call("bpf_dynptr_read"),
      asm.jne(r0, 0, "out"),
      // … into the middle of a record of 8, by one at -48
      ldMap(r1, "ring"),
      mov(r2, 8),
      mov(r3, 0),
      ...pointer(r4, -48),
      call("bpf_ringbuf_reserve_dynptr"),
      ...pointer(r1, -48),
      mov(r2, 2),
      ...pointer(r3, -8),
      mov(r4, 4),
      mov(r5, 0),
      call("bpf_dynptr_write"),
      // Not all of these are in it.
      ...pointer(r1, -48),
      mov(r2, 5),
      ...pointer(r3, -8),
      mov(r4, 4),
      mov(r5, 0),
      call("bpf_dynptr_write"),
      mov(r6, r0),
      ...pointer(r1, -48),
      mov(r2, 0),
      call("bpf_ringbuf_submit_dynptr"),
      mov(r0, r6),
      label("out", exit()),
    ],
  });
  const data = Uint8Array.from({ length: 64 }, (_, index) => index);
  assertEquals(vm.run({ data }).returnValue | 0, -7); // E2BIG
  assertEquals(vm.maps["ring"]?.take(), [Uint8Array.of(0, 0, 60, 61, 62, 63, 0, 0)]);
  assertEquals(vm.run({ data: data.subarray(0, 40) }).returnValue | 0, -7);
  assertEquals(vm.maps["ring"]?.take(), []);
});

test("timers go off when the test lets time pass", () => {
  // The value: a struct bpf_timer, a count, the time when it went off
  const vm = new Vm({
    type: "syscall",
    clock: 1000n,
    maps: { timers: { type: 2, keySize: 4, valueSize: 32, maxEntries: 2 } },
    instructions: [
      st("u32", [r10, -4], 1),
      ...pointer(r2, -4),
      ldMap(r1, "timers"),
      call("bpf_map_lookup_elem"),
      asm.jeq(r0, 0, "out"),
      mov(r6, r0),
      mov(r1, r6),
      ldMap(r2, "timers"),
      mov(r3, 1), // CLOCK_MONOTONIC
      call("bpf_timer_init"),
      mov(r1, r6),
      asm.ldFunction(r2, "tick"),
      call("bpf_timer_set_callback"),
      mov(r1, r6),
      mov(r2, 50),
      mov(r3, 0),
      call("bpf_timer_start"),
      label("out", exit()),
      // Counts, and starts itself again until it was three times
      label("tick", mov(r6, r3)),
      ldx("u64", r1, [r6, 16]),
      add(r1, 1),
      stx("u64", [r6, 16], r1),
      asm.jge(r1, 3, "enough"),
      mov(r1, r6),
      mov(r2, 50),
      mov(r3, 0),
      call("bpf_timer_start"),
      label("enough", call("bpf_ktime_get_ns")),
      stx("u64", [r6, 24], r0),
      mov(r0, 0),
      exit(),
    ],
  });
  assertEquals(vm.run().returnValue, 0);
  const state = () => {
    const view = new DataView((vm.maps["timers"]?.get(1) as Uint8Array).buffer);
    return [view.getBigUint64(16, true), view.getBigUint64(24, true), vm.clock];
  };
  assertEquals([vm.elapse(49n), ...state()], [0, 0n, 0n, 1049n]);
  assertEquals([vm.elapse(1n), ...state()], [1, 1n, 1050n, 1050n]);
  assertEquals([vm.elapse(1000n), ...state()], [2, 3n, 1150n, 2050n]);
  assertEquals(vm.elapse(1000n), 0);
});
