import { assert, assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Btf, BtfBuilder, dedupBtf, mergeBtf, parseBtf } from "../../src/btf/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { run, withFile, withFolder } from "../_run.ts";
import { bpftoolLines, kernelBtf, pathOf } from "./_fixtures.ts";
import { compiledBtf, objectBtf } from "./_objects.ts";
import { FIRST, SECOND } from "./_sources.ts";

/** The types that libbpf's btf__dedup leaves of several BTF put together. Needs "cc", "libbpf" and "bpftool". */
function libbpfLines(inputs: readonly Btf[]): string[] {
  return withFolder((folder) => {
    const program = join(folder, "dedup");
    run("cc", ["-o", program, pathOf("libbpf_dedup.c"), "-lbpf"]);
    const output = join(folder, "output");
    const paths = inputs.map((input, i) => {
      const path = join(folder, `${i}`);
      writeFileSync(path, input.bytes);
      return path;
    });
    execFileSync(program, [output, ...paths]);
    return bpftoolLines(output);
  });
}

function lines(btf: Btf): string[] {
  return withFile(btf.bytes, (path) => bpftoolLines(path));
}

const OBJECTS = ["calls.bpf", "data.bpf", "ksyms.bpf", "maps.bpf"];

test("dedupBtf() leaves what libbpf leaves of objects put together", {
  needs: ["cc", "libbpf", "bpftool"],
}, () => {
  const inputs = OBJECTS.map(objectBtf);
  for (const some of [inputs, inputs.slice(0, 2), inputs.slice(2), [...inputs, ...inputs]]) {
    assertEquals(lines(mergeBtf(some).btf), libbpfLines(some));
  }
});

test("dedupBtf() resolves declarations and tells bitfields and tags apart as libbpf does", {
  needs: ["clang", "llvm-objdump", "cc", "libbpf", "bpftool"],
}, () => {
  for (const target of ["bpfel", "bpfeb"]) {
    const first = compiledBtf(FIRST, target);
    const second = compiledBtf(SECOND, target);
    assertEquals(lines(mergeBtf([first, second]).btf), libbpfLines([first, second]));
    assertEquals(lines(mergeBtf([second, first]).btf), libbpfLines([second, first]));
  }
});

test("dedupBtf() finds nothing to do in the kernel's types, as libbpf", { needs: ["btf"] }, () => {
  const kernel = parseBtf(kernelBtf());
  const { btf, ids } = dedupBtf(kernel);
  assertEquals(btf.count, kernel.count);
  assert(ids.every((id, i) => id === i));
});

test("mergeBtf() of the kernel and an object is what libbpf makes of them", {
  needs: ["btf", "cc", "libbpf", "bpftool"],
}, () => {
  const inputs = [parseBtf(kernelBtf()), objectBtf("data.bpf")];
  const [mine, theirs] = [lines(mergeBtf(inputs).btf), libbpfLines(inputs)];
  assertEquals(mine.length, theirs.length);
  assertEquals(mine.find((line, i) => line !== theirs[i]), undefined);
});

test("dedupBtf() of split BTF finds the types of its base", () => {
  const base = objectBtf("data.bpf");
  const builder = new BtfBuilder({ base });
  const integer = [...base.types()].find(({ kind }) => kind === "int");
  assert(integer?.kind === "int");
  const own = builder.add(integer);
  const pointer = builder.add({ kind: "pointer", name: "", typeId: own });
  builder.add({ kind: "typedef", name: "only_here", typeId: pointer });
  const { btf, ids } = dedupBtf(builder.build());
  assertEquals(ids[own], integer.id);
  const [, last] = [...btf.types()].reverse();
  assertEquals(btf.find("only_here", "typedef")?.id, ids[pointer + 1]);
  assert(btf.count <= base.count + 2 && (last === undefined || last.kind === "pointer"));
});

test("dedupBtf() refuses types that only refer to themselves", () => {
  const builder = new BtfBuilder();
  builder.add({ kind: "pointer", name: "", typeId: 2 });
  builder.add({ kind: "const", name: "", typeId: 1 });
  assertThrows(() => dedupBtf(builder.build()), BtfError, "refers to itself");
});

test("dedupBtf() goes through long chains", () => {
  const builder = new BtfBuilder();
  for (let i = 0; i < 200_000; i++) builder.add({ kind: "pointer", name: "", typeId: i + 2 });
  builder.add({ kind: "forward", name: "end", union: false });
  builder.add({
    kind: "struct",
    name: "s",
    size: 8,
    members: [{ name: "p", typeId: 1, bitOffset: 0, bitSize: 0 }],
  });
  const btf = builder.build();
  assertEquals(mergeBtf([btf, btf]).btf.count, btf.count);
});
