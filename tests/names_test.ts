import { assertEquals } from "@std/assert";
import { closest } from "../src/names.ts";
import { test } from "./_harness.ts";

const NAMES = ["sched_switch", "sched_wakeup", "sched_wakeup_new", "sys_enter_openat", "irq"];

test("closest() finds names with a letter too many, too few, or another", () => {
  for (const typo of ["sched_switchh", "sched_swich", "sched_swotch", "schedswitch", "sched_swicth"]) {
    assertEquals(closest(typo, NAMES), ': did you mean "sched_switch"?', typo);
  }
});

test("closest() puts the closest name first, and names no more than three", () => {
  assertEquals(
    closest("sched_wakeup_ne", NAMES),
    ': did you mean "sched_wakeup_new" or "sched_wakeup"?',
  );
  assertEquals(
    closest("name", ["namea", "nameb", "namec", "named", "name1"]),
    ': did you mean "namea" or "nameb" or "namec"?',
  );
});

test("closest() has nothing to say about names that are far off", () => {
  assertEquals(closest("nothing_like_it", NAMES), "");
  assertEquals(closest("sched_switch", []), "");
  assertEquals(closest("", ["long_name"]), "");
});

test("closest() names a name once", () => {
  assertEquals(closest("irk", ["irq", "irq"]), ': did you mean "irq"?');
});

test("closest() is quick about many names", () => {
  const many = Array.from({ length: 100_000 }, (_, i) => `some_kernel_function_${i}`);
  const started = performance.now();
  closest("some_kernel_funktion_77", many);
  assertEquals(performance.now() - started < 30_000, true);
});
