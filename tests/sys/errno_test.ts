import { assertEquals, assertMatch } from "@std/assert";
import { ERRNO, errorName, errorText } from "../../src/sys/mod.ts";
import { preprocess } from "../_c.ts";
import { test } from "../_harness.ts";

test("errorName() is that of the header", { needs: ["linux", "cc"] }, () => {
  const names = Array.from({ length: 200 }, (_, i) => errorName(i)).filter((name) => !/^E\d+$/.test(name));
  const text = preprocess("#include <linux/errno.h>", names.map((name) => `"${name}" ${name}`).join("\n"));
  const numbers = [...text.matchAll(/"(\w+)" (\d+)/g)];
  assertEquals(numbers.length, 131); // the errors of asm-generic/errno.h without its two aliases
  for (const [, name, number] of numbers) assertEquals(errorName(Number(number)), name);
});

test("errorName() names what has no name", () => {
  assertEquals([errorName(0), errorName(41), errorName(512), errorName(524)], [
    "E0",
    "E41",
    "E512",
    "ENOTSUPP",
  ]);
});

test("ERRNO agrees with errorName()", () => {
  for (const [name, number] of Object.entries(ERRNO)) assertEquals(errorName(number), name);
});

test("errorText() says something of every error", () => {
  for (let errno = 1; errno < 140; errno++) assertMatch(errorText(errno), /^[a-z][a-z ,:-]+$/);
});
