import { assertEquals, assertThrows } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { NotFoundError } from "../../src/errors.ts";
import { deviceIndex } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

test("deviceIndex() gives the numbers that sysfs has", { needs: ["linux"] }, () => {
  for (const name of readdirSync("/sys/class/net")) {
    const index = readFileSync(`/sys/class/net/${name}/ifindex`, "utf8");
    assertEquals(deviceIndex(name), Number(index));
  }
});

test("deviceIndex() suggests names", { needs: ["linux"] }, () => {
  assertThrows(
    () => deviceIndex("loo"),
    NotFoundError,
    'Cannot find network device "loo": there is none of that name: did you mean "lo"',
  );
});
