import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import * as asm from "../../src/asm/mod.ts";
import type { Instruction } from "../../src/asm/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { BytecodeError, NotFoundError, VmError } from "../../src/errors.ts";
import { Vm, vmOf, type VmOptions } from "../../src/vm/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const { r0, r1, r10, r2, r3, r6, mov, add, ldx, st, stx, exit, call, ja, label, ldMap } = asm;
const MAPS = {
  numbers: { type: 2, keySize: 4, valueSize: 12, maxEntries: 2 },
  constants: { type: 2, keySize: 4, valueSize: 8, maxEntries: 1, flags: 128 }, // BPF_F_RDONLY_PROG
  ring: { type: 27, maxEntries: 4096 },
};

function refused(instructions: Instruction[], options: Partial<VmOptions> = {}): string {
  const vm = new Vm({ type: "xdp", instructions, maps: MAPS, ...options });
  return assertThrows(() => vm.run({ data: new Uint8Array(64) }), VmError).message;
}

/** Looks the first element of a map up. */
const lookup = (map: string) => [
  st("u32", [r10, -4], 0),
  mov(r2, r10),
  add(r2, -4),
  ldMap(r1, map),
  call("bpf_map_lookup_elem"),
];

test("accesses outside of memory say what was reached for, and where", () => {
  assertEquals(
    refused([mov(r0, 0), st("u64", [r10, -520], 1), exit()]),
    'Cannot run program "program": instruction 1 (7a) *(u64 *)(r10 -520) = 1: writes 8 bytes at offset -8 of the stack, before where it starts',
  );
});

test("each kind of bad access has its words", () => {
  const words = (...instructions: Instruction[]) =>
    refused([...instructions, mov(r0, 0), exit()]).replace(/^.*: (?=reads|writes)/, "");
  assertEquals(
    words(ldx("u64", r0, [r10, -4])),
    "reads 8 bytes at offset 508 of the stack, which has 512 bytes",
  );
  assertEquals(words(mov(r2, 0), ldx("u32", r0, [r2, 16])), "reads 4 bytes at 16: a null pointer");
  assertEquals(
    words(mov(r2, -1), ldx("u8", r0, [r2, 0])),
    "reads 1 byte at 0xffffffffffffffff, where nothing is",
  );
  assertEquals(
    words(ldx("u32", r2, [r1, 0]), ldx("u32", r0, [r2, 62])),
    "reads 4 bytes at offset 62 of the packet, which has 64 bytes",
  );
  assertEquals(
    words(ldx("u32", r2, [r1, 0]), st("u8", [r2, 64], 1)),
    "writes 1 byte at offset 64 of the packet, which has 64 bytes",
  );
  assertEquals(
    words(ldx("u32", r2, [r1, 24])),
    "reads 4 bytes at offset 24 of the context, which has 24 bytes",
  );
  assertEquals(words(st("u32", [r1, 0], 1)), "writes 4 bytes of the context, which is read-only");
  assertEquals(
    words(...lookup("numbers"), ldx("u64", r1, [r0, 8])),
    'reads 8 bytes at offset 8 of a value of map "numbers", which has 12 bytes',
  );
  assertEquals(
    words(...lookup("constants"), st("u64", [r0, 0], 8)),
    'writes 8 bytes of a value of map "constants", which is read-only',
  );
  assertEquals(
    words(ldMap(r1, "numbers"), ldx("u64", r0, [r1, 0])),
    'reads 8 bytes of map "numbers", which has no bytes to reach',
  );
});

test("registers that nothing has set are not read", () => {
  const unset = (instructions: Instruction[]) => refused(instructions).replace(/^.*: (?=reads)/, "");
  assertEquals(unset([mov(r0, r2), exit()]), "reads r2, which nothing has set");
  assertEquals(unset([stx("u64", [r10, -8], r3), exit()]), "reads r3, which nothing has set");
  // A call leaves r1 to r5 unset, and its own arguments have to be set.
  assertEquals(unset([call("bpf_ktime_get_ns"), mov(r0, r1), exit()]), "reads r1, which nothing has set");
  assertEquals(unset([call("bpf_map_lookup_elem"), exit()]), "reads r2, which nothing has set");
  const called = [asm.callFunction("f"), exit(), label("f", mov(r0, r6)), exit()];
  assertEquals(unset(called), "reads r6, which nothing has set");
  assertEquals(
    refused([exit()]),
    'Cannot run program "program": instruction 0 (95) exit: returns without a value in r0',
  );
});

test("programs end", () => {
  const endless = [mov(r0, 0), label("again", ja("again"))];
  assertEquals(
    refused(endless, { maxInstructions: 1000 }),
    'Cannot run program "program": instruction 1 (05) goto again: has run 1000 instructions and goes on',
  );
  assertEquals(refused([mov(r0, 0)]).endsWith("instruction 1: goes on where no instruction is"), true);
  assertEquals(refused([ja(5), exit()]).endsWith("goes on where no instruction is"), true);
  const deep = [asm.callFunction("deep"), exit(), label("deep", asm.callFunction("deep")), exit()];
  assertEquals(refused(deep).endsWith("calls functions more than 8 deep"), true);
});

test("calls of what is not there are errors where they are made", () => {
  const missing = [mov(r0, 0), asm.jeq(r0, 0, "out"), call("bpf_fib_lookup"), label("out", exit())];
  const vm = new Vm({ type: "xdp", instructions: missing });
  assertEquals(vm.run({ data: new Uint8Array(64) }).returnValue, 0);
  assertEquals(
    refused([call("bpf_fib_lookup"), exit()]),
    'Cannot run program "program": instruction 0 (85) call bpf_fib_lookup#69: calls "bpf_fib_lookup", which the virtual machine does not have: give it in helpers',
  );
  assertEquals(
    refused([asm.callKfunc("bpf_x"), exit()]).endsWith(
      'calls "bpf_x", which the virtual machine does not have: give it in helpers',
    ),
    true,
  );
  assertEquals(refused([call(9999), exit()]).includes('calls "helper 9999"'), true);
});

test("records of ring buffers are given back", () => {
  const reserve = [ldMap(r1, "ring"), mov(r2, 16), mov(r3, 0), call("bpf_ringbuf_reserve")];
  assertEquals(
    refused([...reserve, mov(r0, 0), exit()]).endsWith(
      'ends with a record of map "ring" neither submitted nor discarded',
    ),
    true,
  );
  const late = [
    ...reserve,
    mov(r6, r0),
    mov(r1, r0),
    mov(r2, 0),
    call("bpf_ringbuf_submit"),
    st("u64", [r6, 0], 1),
    exit(),
  ];
  assertEquals(
    refused(late).endsWith("writes 8 bytes of a record that was given back, which has no bytes to reach"),
    true,
  );
  const wrong = [mov(r1, r10), mov(r2, 0), call("bpf_ringbuf_submit"), exit()];
  assertEquals(refused(wrong).endsWith("r1 does not point to a record that was reserved"), true);
});

test("arguments of helpers are checked", () => {
  const words = (...instructions: Instruction[]) =>
    refused([...instructions, exit()]).split(": ").slice(2).join(": ");
  assertEquals(
    words(mov(r1, 0), mov(r2, r10), call("bpf_map_lookup_elem")).endsWith("r1 does not point to a map"),
    true,
  );
  assertEquals(
    words(ldMap(r1, "numbers"), mov(r2, r10), add(r2, -2), call("bpf_map_lookup_elem")).endsWith(
      "reads 4 bytes at offset 510 of the stack, which has 512 bytes",
    ),
    true,
  );
});

test("what a program refers to has to be given", () => {
  const make = (instruction: Instruction) => () =>
    new Vm({ type: "xdp", instructions: [instruction, exit()] });
  assertThrows(
    make(ldMap(r1, "none")),
    NotFoundError,
    'Cannot run program "program": it refers to map "none": give it in maps',
  );
  assertThrows(
    make(asm.ldKsym(r1, "bpf_x")),
    NotFoundError,
    'it refers to kernel variable "bpf_x": give it in ksyms',
  );
  assertThrows(make(ja("away")), BytecodeError, 'Cannot run program "program": it has no label "away"');
  assertThrows(() => new Vm({ type: "xdp", instructions: [] }), BytecodeError, "it has no instructions");
});

test("an error in a function tells its name and the line of its source", () => {
  const object = parseElf(readFileSync(fixture("calls")));
  const source = readFileSync(new URL("../bpf/calls.bpf.c", import.meta.url), "utf8").split("\n");
  const vm = vmOf(object, "arithmetic", { maxInstructions: 12 });
  const error = assertThrows(() => vm.run({ data: new Uint8Array(64) }), VmError);
  assertEquals(["square", "cube", "arithmetic"].includes(error.function ?? ""), true);
  assertEquals(error.source?.file.endsWith("calls.bpf.c"), true);
  assertEquals(source[(error.source?.line ?? 0) - 1]?.trim(), error.source?.text.trim());
  assertEquals(error.message.includes(`at ${error.source?.file}:${error.source?.line}`), true);
});

test("an error of a helper of the test comes out as it is", () => {
  const vm = new Vm({
    type: "xdp",
    instructions: [call("bpf_fib_lookup"), exit()],
    helpers: {
      bpf_fib_lookup: () => {
        throw new TypeError("no routes");
      },
    },
  });
  assertThrows(() => vm.run({ data: new Uint8Array(64) }), TypeError, "no routes");
  const again: Vm = new Vm({
    type: "xdp",
    instructions: [call("bpf_fib_lookup"), exit()],
    helpers: { bpf_fib_lookup: () => again.run({ data: new Uint8Array(64) }).returnValue },
  });
  assertThrows(
    () => again.run({ data: new Uint8Array(64) }),
    VmError,
    "runs the machine again that it runs in",
  );
  assertThrows(() => vm.memory(0n, 4), RangeError, "reads 4 bytes at 0: a null pointer");
});
