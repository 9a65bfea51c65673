import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { parseElf } from "../../src/elf/mod.ts";
import { BtfError, NotFoundError, NotSupportedError, VerifierError } from "../../src/errors.ts";
import { load, ProgramLoader, RUNNING_KERNEL } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

const BPF = { needs: ["bpf", "btf"] } as const;
/** Functions for masks of CPUs are of Linux 6.3. */
const FUNCTIONS = { needs: ["bpf", "btf", "uapi-kernel"] } as const;

/** The address of a symbol, as the kernel lists it; `undefined` where it does not. */
function address(name: string): bigint | undefined {
  const line = new RegExp(`^([0-9a-f]+) \\w ${name}$`, "m").exec(readFileSync("/proc/kallsyms", "utf8"));
  return line?.[1] === undefined ? undefined : BigInt(`0x${line[1]}`);
}

function only(name: string) {
  return load(fixture("ksyms"), { only: [name] });
}

test("a symbol without a type is its address, 0 where it is weak and missing", BPF, async () => {
  await using object = await only("addresses");
  object.programs.get("addresses").run({ data: new Uint8Array(64) });
  assertEquals(object.variables.get("schedule_address").get(), address("schedule"));
  assertEquals(object.variables.get("missing_address").get(), 0n);
});

test("a variable with a type is read", BPF, async () => {
  // Kernels without CONFIG_KALLSYMS_ALL have types of variables and do not find them.
  if (address("bpf_prog_active") === undefined) {
    await assertRejects(() => only("variables"), VerifierError, "kernel symbol 'bpf_prog_active'");
  } else {
    await using object = await only("variables");
    assertEquals(object.programs.get("variables").run({ data: new Uint8Array(64) }).returnValue, 1);
  }
});

test(
  "symbols are the kernel's BTF ids, as bpftool numbers them",
  { needs: [...FUNCTIONS.needs, "bpftool"] },
  () => {
    const spec = parseElf(readFileSync(fixture("ksyms")), "ksyms");
    const loader = new ProgramLoader(spec, RUNNING_KERNEL);
    const dump = run("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]);
    const id = (kind: string, name: string) =>
      Number(new RegExp(`^\\[(\\d+)\\] ${kind} '${name}'`, "m").exec(dump)?.[1]);
    const imms = (name: string) =>
      spec.programs.filter((program) => program.name === name)
        .flatMap((program) => loader.resolve(program).instructions).map(({ imm }) => imm);
    assertEquals(imms("variables").includes(id("VAR", "bpf_prog_active")), true);
    for (const name of ["bpf_cpumask_create", "bpf_task_from_pid", "bpf_task_release"]) {
      assertEquals(imms("functions").includes(id("FUNC", name)), true, name);
    }
  },
);

test("a variable that is weak and missing is at 0", { needs: ["btf"] }, () => {
  const spec = parseElf(readFileSync(fixture("ksyms")), "ksyms");
  const [program] = spec.programs.filter(({ name }) => name === "variables");
  const at = program?.instructions.findIndex(({ reference }) => reference?.name === "no_such_variable") ?? -1;
  const load = program && new ProgramLoader(spec, RUNNING_KERNEL).resolve(program).instructions[at];
  assertEquals([load?.src, load?.imm, load?.immHigh], [0, 0, 0]);
});

test("functions of the kernel are called; those that are weak and missing are not", FUNCTIONS, async () => {
  await using object = await only("functions");
  assertEquals(object.programs.get("functions").run().returnValue, 41);
});

test("a program that gets to a missing function is refused by its name", BPF, async () => {
  const error = await assertRejects(
    () => only("reached"),
    NotSupportedError,
    'Cannot load program "reached": it needs what this kernel does not have: ' +
      'the kernel has no such function "no_such_function": check with',
  );
  assertEquals(error.cause instanceof VerifierError, true);
});

test("load() refuses what needs a symbol that the kernel lacks, and names the closest", BPF, async () => {
  await assertRejects(
    () => only("needed"),
    NotFoundError,
    'Cannot find kernel function "bpf_task_from_pidd": neither the kernel nor a module of it has one: ' +
      'did you mean "bpf_task_from_pid"',
  );
  await assertRejects(
    () => only("needed_variable"),
    NotFoundError,
    'Cannot find kernel variable "bpf_prog_activ": neither the kernel nor a module of it has one: ' +
      'did you mean "bpf_prog_active"?',
  );
});

test("load() refuses a function that is declared with another prototype", FUNCTIONS, async () => {
  await assertRejects(
    () => only("incompatible"),
    BtfError,
    'Cannot use kernel function "bpf_cpumask_first_zero": the object declares it with other types than the kernel has',
  );
});

test("ProgramLoader.resolve() asks for symbols of the program alone", FUNCTIONS, () => {
  const spec = parseElf(readFileSync(fixture("ksyms")), "ksyms");
  const loader = new ProgramLoader(spec, RUNNING_KERNEL);
  for (const program of spec.programs) {
    const strong = ["needed", "needed_variable", "incompatible"].includes(program.name);
    if (strong) assertThrows(() => loader.resolve(program));
    else assertEquals(loader.resolve(program).instructions.length, program.instructions.length);
  }
});
