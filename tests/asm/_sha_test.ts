import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { sha1, sha256 } from "../../src/asm/_sha.ts";
import { test } from "../_harness.ts";

test("sha1() and sha256() agree with node:crypto around the ends of blocks", () => {
  for (const length of [0, 1, 3, 54, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const message = Uint8Array.from({ length }, (_, i) => i * 7 & 0xff);
    assertEquals(sha1(message), new Uint8Array(createHash("sha1").update(message).digest()));
    assertEquals(sha256(message), new Uint8Array(createHash("sha256").update(message).digest()));
  }
});
