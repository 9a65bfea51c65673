import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { ElfError, NotSupportedError, ParseError, SyscallError, VerifierError } from "../../src/errors.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

const TASK = readFileSync(fixture("task"));

/** The object with some bytes of its ELF header replaced (`Elf64_Ehdr` of elf.h). */
function changed(at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = new Uint8Array(TASK);
  copy.set(bytes, at);
  return copy;
}

test("load() says which file cannot be read, and why", { needs: ["linux"] }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle-`);
  try {
    writeFileSync(`${folder}/empty.bpf.o`, "");
    writeFileSync(`${folder}/text.bpf.o`, 'SEC("xdp") int pass(void *ctx) { return 2; }\n'.repeat(3));
    for (
      const [path, error, message] of [
        [`${folder}/missing.bpf.o`, SyscallError, `Cannot open "${folder}/missing.bpf.o": no such file`],
        [folder, SyscallError, `Cannot read "${folder}": is a directory`],
        [`${folder}/empty.bpf.o`, ElfError, 'Cannot read "empty": it is no ELF file'],
        [`${folder}/text.bpf.o`, ElfError, 'Cannot read "text": it is no ELF file'],
        ["", SyscallError, 'Cannot open "": no such file'],
      ] as const
    ) {
      await assertRejects<Error>(() => load(path), error, message);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("load() refuses what it cannot take", async () => {
  for (const source of [undefined, 7, new ArrayBuffer(8)]) {
    await assertRejects(
      () => load(source as never),
      TypeError,
      "it takes a path, a URL or a Uint8Array",
    );
  }
});

test("load() refuses objects that are not for BPF", { needs: ["linux"] }, async () => {
  for (
    const [bytes, message] of [
      [changed(0, 0x7e), "it is no ELF file"],
      [changed(4, 1), "it is no 64-bit ELF file"],
      [changed(16, 2), "it is no object file (e_type is 2): compile with -c"],
      [changed(18, 62), "it is compiled for another machine (e_machine is 62): compile with -target bpf"],
    ] as const
  ) {
    await assertRejects(() => load(bytes), ElfError, `Cannot read "object": ${message}`);
  }
});

test("load() refuses what a C compiler makes for this machine", { needs: ["cc"] }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle-`);
  try {
    writeFileSync(`${folder}/x.c`, "int main(void) { return 0; }");
    run("cc", ["-c", `${folder}/x.c`, "-o", `${folder}/x.o`]);
    run("cc", [`${folder}/x.c`, "-o", `${folder}/x`]);
    await assertRejects(() => load(`${folder}/x.o`), ElfError, "it is compiled for another machine");
    await assertRejects(() => load(`${folder}/x`), ElfError, "it is no object file");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("load() refuses objects for machines of the other byte order", { needs: ["bpf"] }, async () => {
  await assertRejects(
    () => load(new URL("../elf/calls.bpfeb.o", import.meta.url)),
    NotSupportedError,
    'Cannot load object "calls.bpfeb": it is compiled for big-endian machines: compile with -target bpf',
  );
});

test("an object that was cut anywhere is refused", () => {
  for (let size = 0; size < TASK.length; size++) {
    const error = caught(() => parseElf(TASK.subarray(0, size), "cut"));
    assertEquals(error instanceof ParseError, true, `${size} bytes: ${error}`);
  }
});

test("an object with a changed byte is parsed, or refused with a reason", () => {
  for (let at = 0; at < TASK.length; at++) {
    for (const byte of [0x00, 0x7f, 0xff]) {
      const error = caught(() => parseElf(changed(at, byte), "changed"));
      assertEquals(error === undefined || error instanceof ParseError, true, `${byte} at ${at}: ${error}`);
    }
  }
});

function caught(body: () => unknown): unknown {
  try {
    body();
    return undefined;
  } catch (error) {
    return error;
  }
}

test("load() of an object that the verifier refuses tells the source line", { needs: ["bpf"] }, async () => {
  const error = await assertRejects(
    () => load(fixture("refused")),
    VerifierError,
    'Cannot load program "null_dereference" (xdp): the verifier refuses it: ',
  );
  assertStringIncludes(error.message, "R0 invalid mem access 'map_value_or_null'");
  assertStringIncludes(error.message, '(at "*count += 1;');
});

test("load() keeps the log that libbpf gets", { needs: ["bpf", "bpftool", "bpffs"] }, async () => {
  const path = fileURLToPath(fixture("refused"));
  const { stderr } = spawnSync(findTool("bpftool") ?? "", [
    "prog",
    "load",
    path,
    "/sys/fs/bpf/waggle-refused",
  ]);
  const [, theirs = ""] = /BEGIN PROG LOAD LOG --\n(.*)-- END/s.exec(stderr.toString()) ?? [];
  const { log } = await assertRejects(() => load(path), VerifierError);
  const withoutAddresses = (text: string) => text.trimEnd().replaceAll(/0xffff[0-9a-f]{12}/g, "an address");
  assertEquals(withoutAddresses(log.join("\n")), withoutAddresses(theirs));
});

test(
  "load() of a program that needs what the kernel has not names it",
  { needs: ["bpf", "btf"] },
  async () => {
    const error = await assertRejects(
      () => load(fixture("missing")),
      NotSupportedError,
      'Cannot load program "read_missing": it needs what this kernel does not have: ',
    );
    assertStringIncludes(error.message, "task_struct.no_such_field");
  },
);

test("load() of a map that is too large names it", { needs: ["bpf"] }, async () => {
  await assertRejects(
    () => load(fixture("impossible")),
    RangeError,
    'Cannot create map "impossible" (array): 536870912 elements of 4 + 4096 bytes are too much for the kernel',
  );
});
