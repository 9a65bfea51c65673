import { assertEquals } from "@std/assert";
import { linkObjects } from "../../src/linker/mod.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";
import { fixture } from "./_bpftool.ts";

for (const order of ["", "eb"]) {
  test(`linkObjects() writes ELF that llvm-readelf has nothing against (bpf${order || "el"})`, {
    needs: ["llvm-readelf"],
  }, () => {
    const linked = linkObjects([`main.bpf${order}.o`, `library.bpf${order}.o`].map(fixture));
    const text = withFile(
      linked,
      (path) => run("llvm-readelf", ["--sections", "--symbols", "--relocations", path]),
    );
    assertEquals(/warning|error|<unknown>|corrupt/i.exec(text), null);
    const symbols = [...text.matchAll(/^ +\d+: [0-9a-f]{16} +\d+ (\w+) +(\w+) +(\w+) +(\w+) (.*)$/gm)];
    const firstShared = symbols.findIndex(([, , binding]) => binding !== "LOCAL");
    const table = /\.symtab +SYMTAB.* 1 +(\d+) +8$/m.exec(text);
    assertEquals(Number(table?.[1]), firstShared);
    assertEquals(symbols.slice(firstShared).every(([, , binding]) => binding !== "LOCAL"), true);
    const facts = Object.fromEntries(
      symbols.map(([, type, binding, visibility, , name]) => [name, [type, binding, visibility]]),
    );
    assertEquals([facts.threshold, facts.unused_value, facts.concealed, facts.CONFIG_HZ], [
      ["OBJECT", "GLOBAL", "DEFAULT"],
      ["OBJECT", "WEAK", "DEFAULT"],
      ["FUNC", "GLOBAL", "HIDDEN"],
      ["NOTYPE", "WEAK", "DEFAULT"],
    ]);
  });
}
