import { assertEquals, assertThrows } from "@std/assert";
import { describe } from "../../scripts/_api_text.ts";
import { apiText, changedLines } from "../../scripts/check_api.ts";
import { test } from "../_harness.ts";

const NUMBER = { kind: "keyword", value: "number" } as const;

test("describe() drops the implementation of an overloaded function", () => {
  const params = [{ kind: "identifier", name: "a", tsType: NUMBER }];
  const lines = describe({
    name: "f",
    declarations: [
      { kind: "function", def: { params, returnType: NUMBER } },
      { kind: "function", def: { params: [], hasBody: true } },
    ],
  });
  assertEquals(lines, ["function f(a: number): number"]);
});

test("describe() refuses a kind it does not know rather than lose it", () => {
  assertThrows(
    () => describe({ name: "x", declarations: [{ kind: "enum", def: { params: [] } }] }),
    TypeError,
    "enum",
  );
});

test("apiText() sorts symbols whatever their order in the source", () => {
  const symbol = (name: string) => ({
    name,
    declarations: [{ kind: "variable", def: { kind: "const", params: [], tsType: NUMBER } }],
  });
  const text = "@waggle/ebpf\n  const a: number\n  const b: number\n";
  assertEquals(apiText(new Map([["@waggle/ebpf", [symbol("b"), symbol("a")]]])), text);
  assertEquals(apiText(new Map([["@waggle/ebpf", [symbol("a"), symbol("b")]]])), text);
});

test("changedLines() says where a member belongs", () => {
  const before = "e\n  class A\n    x: number\n  class B\n";
  const after = "e\n  class A\n  class B\n    x: number\n";
  assertEquals(changedLines(before, after), ["- e > class A > x: number", "+ e > class B > x: number"]);
  assertEquals(changedLines(before, before), []);
});
