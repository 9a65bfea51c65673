import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { NotFoundError } from "../../src/errors.ts";
import { interfaceIndex } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

test("interfaceIndex() is that of sysfs", { needs: ["linux"] }, () => {
  const names = readdirSync("/sys/class/net").filter((name) => name !== "bonding_masters");
  assertGreater(names.length, 0);
  for (const name of names) {
    assertEquals(interfaceIndex(name), Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8")));
  }
});

test("interfaceIndex() refuses what does not exist", { needs: ["linux"] }, () => {
  for (const name of ["no_such_one", "", "é"]) {
    assertThrows(() => interfaceIndex(name), NotFoundError, `Cannot find network interface "${name}"`);
  }
  assertThrows(() => interfaceIndex("fifteen_letters"), NotFoundError, "ip link");
  assertThrows(() => interfaceIndex("sixteen__letters"), NotFoundError, "the name is too long");
});
