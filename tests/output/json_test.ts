import { assertEquals, assertNotMatch, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { jsonLine } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { random, randomText } from "./_random.ts";

test("jsonLine() keeps every bigint exactly", () => {
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  assertEquals(jsonLine([1n, max, -max]), "[1,9007199254740991,-9007199254740991]");
  assertEquals(
    jsonLine([max + 1n, -max - 1n, 2n ** 64n - 1n]),
    '["9007199254740992","-9007199254740992","18446744073709551615"]',
  );
});

test("jsonLine() has times as ISO 8601 and bytes as hexadecimal", () => {
  assertEquals(jsonLine({ at: new Date(1e12) }), '{"at":"2001-09-09T01:46:40.000Z"}');
  assertEquals(jsonLine(new Date(NaN)), "null");
  assertEquals(
    jsonLine([new Uint8Array([0, 255]), Buffer.from("A"), new Uint8Array([1, 2]).buffer]),
    '["00ff","41","0102"]',
  );
  assertEquals(jsonLine([new Int16Array([-1, 2]), new BigInt64Array([3n])]), "[[-1,2],[3]]");
});

test("jsonLine() has what JSON has no name for", () => {
  assertEquals(
    jsonLine(new Map<unknown, unknown>([[1n, "a"], ["__proto__", true]])),
    '{"1":"a","__proto__":true}',
  );
  assertEquals(jsonLine(new Map([[{ pid: 1 }, 2n]])), '[[{"pid":1},2]]');
  assertEquals(jsonLine(new Set([1, 2n])), "[1,2]");
  assertEquals(jsonLine([NaN, Infinity, -0, undefined, () => {}]), "[null,null,0,null,null]");
  assertEquals(jsonLine({ a: undefined, b: null }), '{"b":null}');
  assertEquals(jsonLine(undefined), "null");
});

test("jsonLine() refuses what holds itself", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  assertThrows(() => jsonLine(loop), TypeError);
});

test("jsonLine() is one line without control characters, and reads back as it was", () => {
  const next = random(3);
  for (let i = 0; i < 2000; i++) {
    const value = { [randomText(next)]: randomText(next) };
    const line = jsonLine(value);
    assertNotMatch(line, /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
    assertEquals(JSON.parse(line), value);
  }
});
