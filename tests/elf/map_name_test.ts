import { assertEquals } from "@std/assert";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { libbpfMapName, parseElf } from "../../src/elf/mod.ts";
import { test } from "../_harness.ts";
import { inTemporaryFolder, libbpfFacts } from "./_libbpf.ts";

for (
  const file of [
    "x.bpf.o",
    "opensnoop.bpf.o",
    "a_very_long_name_of_an_object.bpf.o",
    "odd-name+.o",
    "dots.in.name.o",
  ]
) {
  test(`libbpfMapName() names the maps of ${file} as libbpf does`, { needs: ["cc", "libbpf"] }, () => {
    for (const source of ["data", "kconfig", "maps"]) {
      const path = join(import.meta.dirname ?? "", `${source}.bpf.o`);
      const names = inTemporaryFolder((folder) => {
        copyFileSync(path, join(folder, file));
        return libbpfFacts({ object: join(folder, file) }).maps.map(({ name }) => name);
      });
      const object = basename(file).replace(/(\.bpf)?\.o$/, "");
      const { maps } = parseElf(readFileSync(path), object);
      assertEquals(maps.map((map) => libbpfMapName(map, object)).toSorted(), names.toSorted());
    }
  });
}
