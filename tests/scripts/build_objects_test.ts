import { assertEquals, assertThrows } from "@std/assert";
import { objectPath, targetsOf } from "../../scripts/build_objects.ts";
import { test } from "../_harness.ts";

test("targetsOf() reads the first line, and compiles for little-endian without one", () => {
  assertEquals(targetsOf("#include <linux/bpf.h>\n// targets: bpfeb\n"), ["bpfel"]);
  assertEquals(targetsOf("// targets: bpfel bpfeb\n"), ["bpfel", "bpfeb"]);
  assertThrows(() => targetsOf("// targets: x86\n"), Error, `Cannot compile for "x86"`);
});

test("objectPath() puts the object beside its source", () => {
  assertEquals(objectPath("tests/elf/probe.bpf.c", "bpfel"), "tests/elf/probe.bpf.o");
  assertEquals(objectPath("tests/elf/probe.bpf.c", "bpfeb"), "tests/elf/probe.bpfeb.o");
});
