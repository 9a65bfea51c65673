import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { disassemble, exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotSupportedError, PermissionError } from "../../src/errors.ts";
import { load } from "../../src/object/mod.ts";
import { loadProgram, Program } from "../../src/program/mod.ts";
import { Descriptor } from "../../src/sys/mod.ts";
import { PROG_INFO } from "../../src/uapi/mod.ts";
import { fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { typedProgram } from "./_typed.ts";

for (const name of ["calls", "count", "variables", "typed", "queue"]) {
  test(
    `instructions() of ${name}.bpf.o are those that bpftool dumps`,
    { needs: ["bpf", "bpftool"] },
    async () => {
      await using object = await load(fixture(name));
      for (const program of object.programs) {
        const id = String(program.info.id);
        const dumped = run("bpftool", ["prog", "dump", "xlated", "id", id, "linum"]);
        assertEquals(disassemble(program.instructions()).split("\n"), linesOf(dumped), program.name);
      }
    },
  );
}

/** The dump in our words: functions by name alone, files without folder, no columns, addresses or distances. */
function linesOf(dump: string): string[] {
  return dump.trimEnd().split("\n").filter((line) => line !== "").map((line) =>
    line.replace(/^\w.*?(\w+)\(.*\):$/, "$1:")
      .replace(
        /^; (.*) \[file:(?:.*\/)?(\S+) line_num:(\d+) line_col:\d+\]$/,
        (_, text, file, number) => `; ${text.trim()} @ ${file}:${number}`,
      )
      .replace(/call pc[+-]\d+#bpf_prog_[0-9a-f]{16}_(\w+)$/, "call $1")
      .replace(/call (\w+)#-?\d+$/, "call $1")
  );
}

test("instructions() know the function and the line of source that starts", { needs: ["bpf"] }, () => {
  const typed = typedProgram("returns_two");
  using program = loadProgram({ name: "returns_two", type: "socket_filter", ...typed });
  const [first, second] = program.instructions();
  assertEquals(first?.symbol, "returns_two");
  assertEquals(first?.functionTypeId, typed.instructions[0]?.functionTypeId);
  assertEquals(first?.source, { file: "some.c", text: "  return 2;", line: 7, column: 3 });
  assertEquals([second?.symbol, second?.source], [undefined, undefined]);
});

test("machineCode() lies where the kernel's symbols say, and calls them", {
  needs: ["root", "bpf", "bpftool"],
}, async () => {
  await using object = await load(fixture("calls"));
  const program = object.programs.get("arithmetic");
  const functions = program.machineCode();
  assertEquals(functions.map(({ name }) => name), ["arithmetic", "cube", "square"]);
  const size = functions.reduce((sum, { code }) => sum + code.length, 0);
  assertEquals(size, shown("prog", program.info.id).bytes_jited);
  const symbols = readFileSync("/proc/kallsyms", "latin1");
  for (const { name, address } of functions) {
    const line = new RegExp(`^${address.toString(16)} t bpf_prog_[0-9a-f]{16}_${name}\\t\\[bpf\\]$`, "m");
    assertEquals(line.test(symbols), true, `${name} at ${address.toString(16)}`);
  }
  const [, cube, square] = functions;
  if (process.arch !== "x64" || !cube || !square) return;
  const call = cube.code.indexOf(0xe8); // CALL rel32, of the next instruction
  const distance = viewOf(cube.code).getInt32(call + 1, true);
  assertEquals(cube.address + BigInt(call + 5 + distance), square.address);
});

test("machineCode() has no names where there is no BTF", { needs: ["bpf"] }, () => {
  using program = loadProgram({ name: "plain", type: "xdp", instructions: [mov(r0, 2), exit()] });
  assertEquals(program.machineCode().map(({ name }) => name), [undefined]);
});

/** A kernel with a program of these sizes that gives no buffer back. */
function secretive(fields: Readonly<Record<string, number>>) {
  return fakeNative(({ name, args, memory }) => {
    const [command, attr = 0] = args;
    if (name !== "bpf" || command !== 15) return 0; // BPF_OBJ_GET_INFO_BY_FD
    const view = viewOf(memory(attr, 16));
    const info = viewOf(memory(view.getBigUint64(8, true), PROG_INFO.size));
    for (const [field, value] of Object.entries(fields)) {
      const [at, size] = PROG_INFO.fields[field as keyof typeof PROG_INFO.fields];
      if (size === 4) info.setUint32(at, value, true);
      else info.setBigUint64(at, BigInt(value), true);
    }
    return 0;
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

test("code that the kernel hides is missed by its cure", () => {
  const cases = [
    [
      {},
      'Cannot read the instructions of program "secret": the kernel hides them: the process lacks CAP_BPF',
    ],
    [
      { xlated_prog_len: 16, xlated_prog_insns: 0 },
      "the kernel hides them: sysctl kernel.kptr_restrict=0, or net.core.bpf_jit_harden=0 and load it again",
    ],
  ] as const;
  for (const [fields, message] of cases) {
    using _ = useNative(secretive(fields));
    using program = new Program(new Descriptor(7, 'program "secret"'), "secret");
    assertThrows(() => program.instructions(), PermissionError, message);
  }
  for (
    const [fields, type, message] of [
      [{}, PermissionError, "the kernel hides it: the process lacks CAP_BPF"],
      [{ xlated_prog_len: 16 }, NotSupportedError, "the kernel interprets it"],
      [{ xlated_prog_len: 16, jited_prog_len: 8, jited_prog_insns: 0 }, PermissionError, "kptr_restrict=0"],
    ] as const
  ) {
    using _ = useNative(secretive(fields));
    using program = new Program(new Descriptor(7, 'program "secret"'), "secret");
    assertThrows(() => program.machineCode(), type, message);
  }
});
