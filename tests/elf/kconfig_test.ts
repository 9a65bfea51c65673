import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../_harness.ts";
import { assertEquals } from "@std/assert";
import { parseElf } from "../../src/elf/mod.ts";
import { libbpfFacts } from "./_libbpf.ts";

const OBJECT = join(import.meta.dirname ?? "", "kconfig.bpf.o");
const spec = parseElf(readFileSync(OBJECT), "kconfig.bpf.o");
const [map] = spec.maps;

test(
  "parseElf() makes a map of the kernel's configuration as libbpf does",
  { needs: ["cc", "libbpf"] },
  () => {
    const [theirs] = libbpfFacts({ object: OBJECT }).maps;
    assertEquals(
      [map?.type, map?.keySize, map?.valueSize, map?.maxEntries, map?.flags, map?.valueTypeId],
      [
        theirs?.type,
        theirs?.keySize,
        theirs?.valueSize,
        theirs?.maxEntries,
        theirs?.flags,
        theirs?.valueTypeId,
      ],
    );
    assertEquals([spec.maps.length, map?.name, map?.frozen], [1, ".kconfig", true]);
  },
);

// From kconfig.bpf.c; that programs read these offsets is compared with libbpf in programs_test.ts.
test("parseElf() says what the kernel's configuration may put where", () => {
  const variables = map?.kconfig?.map(({ name, offset, size, kind, signed, weak }) => [
    name,
    offset,
    size,
    kind,
    signed,
    weak,
  ]);
  assertEquals(variables, [
    ["CONFIG_HZ", 0, 8, "int", false, true],
    ["CONFIG_BPF_JIT", 8, 4, "tristate", false, true],
    ["LINUX_KERNEL_VERSION", 12, 4, "int", true, false],
    ["CONFIG_SHORT", 16, 2, "int", false, true],
    ["CONFIG_BPF_SYSCALL", 18, 1, "bool", false, false],
    ["CONFIG_MODULES", 19, 1, "char", true, true],
    ["CONFIG_DEFAULT_HOSTNAME", 20, 9, "string", false, true],
  ]);
});

test("parseElf() gives the variables of the configuration their places in the types", () => {
  const section = spec.btf?.find(".kconfig", "section");
  assertEquals(section?.size, map?.valueSize);
  assertEquals(
    section?.entries.map(({ typeId, offset }) => [spec.btf?.nameOf(typeId), offset]),
    map?.kconfig?.map(({ name, offset }) => [name, offset]),
  );
  assertEquals(spec.btf?.find("CONFIG_HZ", "variable")?.linkage, "global");
});
