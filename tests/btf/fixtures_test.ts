import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { parseBtf, parseExtInfo } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";
import { dumpLines } from "./_dump.ts";
import { fixture, pathOf } from "./_fixtures.ts";

for (const order of ["el", "eb"]) {
  test(`kinds.${order} is what clang makes of kinds.c`, { needs: ["clang", "llvm-objdump"] }, () => {
    withFolder((folder) => {
      const object = join(folder, "kinds.o");
      const made = (name: string) => join(folder, name);
      const flags = ["-g", "-O2", "-ffile-compilation-dir=.", `--target=bpf${order}`];
      run("clang", [...flags, "-c", "kinds.c", "-o", object], pathOf("."));
      run("llvm-objcopy", [`--dump-section=.BTF=${made("btf")}`, object]);
      run("llvm-objcopy", [`--dump-section=.BTF.ext=${made("ext")}`, object]);
      const btf = parseBtf(new Uint8Array(readFileSync(made("btf"))));
      const kept = parseBtf(fixture(`kinds.${order}.btf`));
      assertEquals(dumpLines(btf), dumpLines(kept));
      const ext = parseExtInfo(new Uint8Array(readFileSync(made("ext"))), btf);
      assertEquals(ext, parseExtInfo(fixture(`kinds.${order}.ext`), kept));
    });
  });
}
