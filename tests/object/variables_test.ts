import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import {
  arrayOf,
  bool,
  bytes,
  cstr,
  i16,
  i32,
  i64,
  i8,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "../../src/codec/mod.ts";
import { ClosedError, LayoutError, NotFoundError, NotSupportedError } from "../../src/errors.ts";
import { type BpfObject, load, type LoadOptions } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { compileInto } from "../elf/_compile.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";

const BPF = { needs: ["bpf"] } as const;
const PACKET = new Uint8Array(64);

/** Where the program puts what it sees. */
const Seen = struct({
  u64,
  s64: i64,
  u32,
  s32: i32,
  u16,
  s16: i16,
  u8,
  s8: i8,
  truth: bool,
  bytes: arrayOf(u8, 3),
  color: u32,
  depth: i32,
  text: cstr(8),
  first: u64,
  second: u64,
  numbers: arrayOf(i32, 3),
  end: u32,
});

const INITIAL = {
  u64: 4n,
  s64: -4n,
  u32: 3,
  s32: -3,
  u16: 2,
  s16: -2,
  u8: 1,
  s8: -1,
  truth: false,
  bytes: [0, 0, 0],
  color: 1,
  depth: -5,
  text: "waggle",
  first: 5n,
  second: 6n,
  numbers: [7, 8, 9],
  end: 0,
};

async function seenWith(variables?: LoadOptions["variables"]): Promise<unknown> {
  await using object = await load(fixture("variables"), variables && { variables });
  object.programs.get("look").run({ data: PACKET });
  return object.variables.get("seen", Seen).get();
}

test("constants are what the source says where the options do not", BPF, async () => {
  assertEquals(await seenWith(), INITIAL);
});

test("load() sets constants of every type", BPF, async () => {
  const seen = await seenWith({
    in_u8: 255,
    in_s8: -128,
    in_u16: 65535,
    in_s16: -32768,
    in_u32: 0xffff_ffff,
    in_s32: -(2 ** 31),
    in_u64: 2n ** 64n - 1n,
    in_s64: -(2n ** 63n),
    in_bool: true,
    in_color: 2,
    in_depth: -7,
    in_text: "bees",
    in_pair: { first: 50, second: 60n },
    in_numbers: [-1, -2, -3],
    in_bytes: Uint8Array.of(1, 2, 3),
  });
  assertEquals(seen, {
    u64: 2n ** 64n - 1n,
    s64: -(2n ** 63n),
    u32: 0xffff_ffff,
    s32: -(2 ** 31),
    u16: 65535,
    s16: -32768,
    u8: 255,
    s8: -128,
    truth: true,
    bytes: [1, 2, 3],
    color: 2,
    depth: -7,
    text: "bees",
    first: 50n,
    second: 60n,
    numbers: [-1, -2, -3],
    end: 0,
  });
});

test("load() leaves the bytes it is given as they are", BPF, async () => {
  const file = readFileSync(fixture("variables"));
  const before = file.toString("hex");
  await using _ = await load(file, { variables: { in_u8: 77 } });
  assertEquals(file.toString("hex"), before);
});

test("load() refuses values that do not fit their variable", BPF, async () => {
  const wrong = [
    [{ in_u8: 256 }, RangeError, "Cannot encode 256 as u8"],
    [{ in_u64: 1 }, TypeError, "Cannot encode 1 as u64: not a bigint"],
    [{ in_text: "too long" }, RangeError, "do not fit in 8"],
    [{ in_pair: { first: 1 } }, TypeError, 'member "second" is missing'],
    [{ in_numbers: [1, 2] }, TypeError, "not an array of 3"],
    [{ in_u32: new Uint8Array(3) }, LayoutError, 'Cannot set variable "in_u32": it has 4 bytes, not 3'],
    [
      { in_u33: 1 },
      NotFoundError,
      'Cannot set variable "in_u33": the object has none of that name: did you mean "in_u32"',
    ],
    [{ internal: 1 }, NotFoundError, 'Cannot set variable "internal"'],
    [{ hidden_from_users: 1 }, NotFoundError, 'Cannot set variable "hidden_from_users"'],
  ] as const;
  for (const [variables, error, message] of wrong) {
    await assertRejects(() => load(fixture("variables"), { variables }), error, message);
  }
});

test("a variable is shared with the running program", BPF, async () => {
  await using object = await load(fixture("variables"), { variables: { step: 4, total: 100n } });
  const advance = (by = 0) => object.programs.get("advance").run({ data: PACKET.with(0, by) }).returnValue;
  const [step, total] = [object.variables.get("step", u32), object.variables.get("total", u64)];
  assertEquals([step.name, step.get(), total.get()], ["step", 4, 100n]);
  assertEquals(advance(), 310); // 100 + 200 + 10, of which two are hidden
  assertEquals(total.get(), 104n);
  step.set(1000);
  advance();
  assertEquals(total.get(), 1104n);
  total.set(0n);
  advance();
  assertEquals(total.get(), 1000n);
});

test("a variable is read and written by its type in the object", BPF, async () => {
  await using object = await load(fixture("variables"));
  const state = object.variables.get("state"); // of .data.state
  const total = object.variables.get("total");
  assertEquals(state.get(), { first: 10, second: 20n });
  object.programs.get("advance").run({ data: PACKET.with(0, 5) });
  assertEquals([state.get(), total.get()], [{ first: 10, second: 25n }, 3n]);
  state.set({ first: 1, second: 2n });
  assertEquals(object.programs.get("advance").run({ data: PACKET.with(0, 5) }).returnValue, 301);
  assertEquals(state.get(), { first: 1, second: 7n });
  assertThrows(() => state.set({ first: 1 }), TypeError, 'member "second" is missing');
  assertThrows(() => total.set(1), TypeError, "not a bigint");
});

test("the variables are those that other files may see", BPF, async () => {
  await using object = await load(fixture("variables"));
  // grep -E '^(const )?volatile|^} seen' tests/bpf/variables.bpf.c
  const names = "bool bytes color depth numbers pair s16 s32 s64 s8 text u16 u32 u64 u8".split(" ");
  assertEquals(object.variables.names().toSorted(), [
    ...names.map((name) => `in_${name}`),
    "seen",
    "state",
    "step",
    "total",
  ]);
  assertThrows(
    () => object.variables.get("internal"),
    NotFoundError,
    'Cannot get variable "internal" of object "variables": there is no such variable',
  );
  assertThrows(() => object.variables.get("stepp"), NotFoundError, ': did you mean "step"?');
});

test("a codec has to have the layout of the variable", BPF, async () => {
  await using object = await load(fixture("variables"));
  assertThrows(
    () => object.variables.get("total", u32),
    LayoutError,
    'Cannot use variable "total": the value has 4 bytes here, volatile __u64 has 8',
  );
  assertEquals(object.variables.get("state", bytes(16)).get().length, 16);
});

test("a constant is read, and cannot be set once loaded", BPF, async () => {
  await using object = await load(fixture("variables"), { variables: { in_u32: 12 } });
  const constant = object.variables.get("in_u32", u32);
  assertEquals(constant.get(), 12);
  assertThrows(
    () => constant.set(13),
    TypeError,
    'Cannot set variable "in_u32": it is constant once loaded: give it in the options of load()',
  );
  assertEquals(constant.get(), 12);
});

test("a variable of a closed object is closed", BPF, async () => {
  const object: BpfObject = await load(fixture("variables"));
  const [used, unused] = [object.variables.get("total", u64), object.variables.get("step", u32)];
  assertEquals(used.get(), 0n);
  await object[Symbol.asyncDispose]();
  for (const variable of [used, unused, object.variables.get("state")]) {
    assertThrows(() => variable.get(), ClosedError);
  }
  assertThrows(() => used.set(1n), ClosedError);
});

test(
  "variables of an arena are set and shared as others are",
  { needs: ["bpf", "uapi-kernel"] },
  async () => {
    await using object = await load(fixture("arena"), { variables: { step: 5 } });
    const advance = () => object.programs.get("advance").run().returnValue;
    const [counter, step] = [object.variables.get("counter", u64), object.variables.get("step")];
    assertEquals([counter.get(), step.get()], [7n, 5]);
    assertEquals([advance(), counter.get()], [12, 12n]);
    counter.set(100n);
    step.set(1);
    assertEquals([advance(), counter.get()], [101, 101n]);
  },
);

test(
  "variables without types are set by their bytes, and not shared",
  { needs: ["bpf", "clang", "libbpf"] },
  async () => {
    const source = `
const volatile int limit = 3;
int total = 4;
SEC("xdp") int sum(void *ctx) { return limit + total; }`;
    const file = withFolder((folder) => readFileSync(compileInto(folder, "untyped", source)));
    const fifty = new Uint8Array(Int32Array.of(50).buffer);
    await using object = await load(file, { variables: { limit: fifty } });
    assertEquals(object.programs.get("sum").run({ data: PACKET }).returnValue, 54);
    await assertRejects(
      () => load(file, { variables: { limit: 50 } }),
      LayoutError,
      'Cannot use variable "limit": the object has no type for it: give a codec, or its bytes to load()',
    );
    assertThrows(
      () => object.variables.get("total", i32).get(),
      NotSupportedError,
      'Cannot map the variables of ".data": the object has no types for them: compile with -g',
    );
  },
);
