import { assertEquals } from "@std/assert";
import { essentialName } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";

// By hand after libbpf's bpf_core_essential_name_len and bpf_core_is_flavor_sep.
test("essentialName() takes off what libbpf takes off", () => {
  const cases: Record<string, string> = {
    task_struct: "task_struct",
    task_struct___old: "task_struct",
    a___b: "a",
    a___b___c: "a___b",
    a___: "a___",
    ___b: "___b",
    ____b: "____b",
    a__b: "a__b",
    a____b: "a____b",
    a_____b: "a_____b",
    a___b____c: "a",
    a___b___: "a",
    _a___b_: "_a",
    "": "",
    ___: "___",
    x___y_z: "x",
  };
  for (const [name, essential] of Object.entries(cases)) assertEquals(essentialName(name), essential, name);
});
