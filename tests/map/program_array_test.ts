import { assertEquals, assertThrows } from "@std/assert";
import { add, call, exit, type Instruction, jgt, label, ldMap, ldx, mov } from "../../src/asm/mod.ts";
import { r0, r1, r2, r3, r4 } from "../../src/asm/mod.ts";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import { createMap, openMap, type ProgramArray, programArray } from "../../src/map/mod.ts";
import { loadProgram, type Program, type ProgramType } from "../../src/program/mod.ts";
import { eventually, idsOf, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { dumpedNumbers } from "./_dumped.ts";
import { withPins } from "./_pins.ts";

const BPF = { needs: ["bpf"] } as const;
const BPFTOOL = { needs: ["bpf", "bpftool"] } as const;
/** What the caller returns where a tail call does not take place. */
const NONE = 100;

function create(): ProgramArray {
  return createMap(programArray(), { name: "tails", maxEntries: 4 });
}

/** A program that returns a number. */
function returning(number: number, type: ProgramType = "xdp"): Program {
  return loadProgram({ name: `return_${number}`, type, instructions: [mov(r0, number), exit()] });
}

/** Goes on with the program whose index the packet begins with. */
const CALLER: readonly Instruction[] = [
  ldx("u32", r2, [r1, 0]), // xdp_md.data
  ldx("u32", r3, [r1, 4]), // xdp_md.data_end
  mov(r4, r2),
  add(r4, 1),
  jgt(r4, r3, "none"),
  ldx("u8", r3, [r2, 0]),
  ldMap(r2, "tails"),
  call("bpf_tail_call"),
  label("none", mov(r0, NONE)),
  exit(),
];

function caller(tails: ProgramArray): Program {
  return loadProgram({ name: "caller", type: "xdp", instructions: CALLER, maps: { tails } });
}

/** What the caller returns by way of each place, and of one beyond. */
function results(program: Program): number[] {
  return [0, 1, 2, 3, 4].map((index) => {
    return program.run({ data: new Uint8Array(64).fill(index, 0, 1) }).returnValue;
  });
}

test("a program goes on with the programs of a programArray()", BPF, () => {
  using tails = create();
  using program = caller(tails);
  assertEquals(results(program), [NONE, NONE, NONE, NONE, NONE]);
  {
    using seven = returning(7);
    using nine = returning(9);
    tails.set(1, seven).set(3, nine);
  }
  assertEquals(results(program), [NONE, 7, NONE, 9, NONE]);
  using five = returning(5);
  tails.set(3, five);
  assertEquals([tails.delete(1), tails.delete(1)], [true, false]);
  assertEquals(results(program), [NONE, NONE, NONE, 5, NONE]);
  tails.set(0, five).clear();
  assertEquals(results(program), [NONE, NONE, NONE, NONE, NONE]);
});

test("get() of a programArray() opens the program that is there", BPFTOOL, () => {
  using tails = create();
  using seven = returning(7);
  tails.set(2, seven);
  assertEquals([tails.get(0), tails.getId(0), tails.has(0), tails.has(2)], [
    undefined,
    undefined,
    false,
    true,
  ]);
  using same = tails.get(2);
  assertEquals([same?.info.id, tails.getId(2)], [seven.info.id, seven.info.id]);
  assertEquals(shown("prog", tails.getId(2) ?? 0).name, "return_7");
  seven.close();
  assertEquals(same?.run({ data: new Uint8Array(64) }).returnValue, 7);
});

test("programArray() lists its programs as bpftool does", BPFTOOL, () => {
  using tails = create();
  assertEquals([[...tails.keys()], [...tails.ids()], tails.size], [[], [], 0]);
  using seven = returning(7);
  using nine = returning(9);
  tails.set(0, seven).set(3, nine);
  assertEquals(dumpedNumbers(tails.info.id), [[0, seven.info.id], [3, nine.info.id]]);
  assertEquals([...tails.ids()], [[0, seven.info.id], [3, nine.info.id]]);
  assertEquals([[...tails.keys()], tails.size], [[0, 3], 2]);
});

test("programArray() refuses indices that it has not", BPF, () => {
  using tails = create();
  using seven = returning(7);
  assertThrows(
    () => tails.set(4, seven),
    RangeError,
    'Cannot access element 4 of map "tails": it has 4 elements',
  );
  assertThrows(() => tails.get(-1), RangeError, "not an index");
  assertThrows(() => tails.delete(1.5), RangeError, "not an index");
  assertEquals([tails.length, tails.size], [4, 0]);
});

test("programArray() says which types of programs do not go together", BPF, () => {
  using tails = create();
  using _caller = caller(tails);
  using other = returning(1, "socket_filter");
  const error = assertThrows(
    () => tails.set(0, other),
    SyscallError,
    'program "return_1" is of type socket_filter, the array of type xdp',
  );
  assertEquals([error.code, tails.size], ["EINVAL", 0]);
  using seven = returning(7);
  for (const mode of ["exist", "noexist"] as const) {
    assertThrows(() => tails.set(0, seven, { mode }), SyscallError, "arrays know no modes");
  }
});

test("the first program in a programArray() decides of which type the others are", BPF, () => {
  using tails = create();
  using filter = returning(1, "socket_filter");
  using seven = returning(7);
  tails.set(0, filter);
  assertThrows(() => tails.set(1, seven), SyscallError, "of type xdp, the array of type socket_filter");
  assertEquals([...tails.keys()], [0]);
});

test("a programArray() that no process and no pin holds is empty, though a program uses it", {
  needs: [...BPF.needs, "bpffs"],
}, async () => {
  const tails = create();
  using program = caller(tails);
  using seven = returning(7);
  withPins((folder) => {
    tails.set(1, seven).pin(`${folder}/tails`).close();
    assertEquals(results(program), [NONE, 7, NONE, NONE, NONE]);
    using again = openMap({ pin: `${folder}/tails` }, programArray());
    assertEquals(again.getId(1), seven.info.id);
  });
  assertEquals(await eventually(() => results(program)[1] === NONE), true);
});

test(
  "the programs of a programArray() outlive their descriptors, and are gone once removed",
  BPFTOOL,
  async () => {
    using tails = create();
    using program = caller(tails);
    const seven = returning(7);
    const { id } = seven.info;
    tails.set(1, seven);
    seven.close();
    assertEquals([tails.getId(1), idsOf("prog").includes(id), results(program)[1]], [id, true, 7]);
    tails.clear();
    assertEquals(await eventually(() => !idsOf("prog").includes(id)), true);
  },
);

test("a closed programArray() cannot be used", BPF, () => {
  const tails = create();
  using seven = returning(7);
  tails.close();
  for (
    const use of [
      () => tails.get(0),
      () => tails.set(0, seven),
      () => tails.delete(0),
      () => [...tails.ids()],
    ]
  ) {
    assertThrows(use, ClosedError, 'Cannot use map "tails": it is closed');
  }
});
