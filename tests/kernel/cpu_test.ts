import { assertEquals } from "@std/assert";
import { readdirSync } from "node:fs";
import { possibleCpus } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

test("possibleCpus() counts the directories of sysfs", { needs: ["linux"] }, () => {
  const present = readdirSync("/sys/devices/system/cpu").filter((name) => /^cpu\d+$/.test(name)).length;
  assertEquals(possibleCpus() >= present, true);
  assertEquals(Number.isInteger(possibleCpus()), true);
});
