import { assertEquals, assertThrows } from "@std/assert";
import { type Codec, struct, u8 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";
import { LAYOUTS } from "./_layouts.ts";

/** Calls `body` in a runtime that makes no code from strings, as under `--disallow-code-generation-from-strings`. */
function withoutCodeFromStrings(body: () => void): void {
  const { Function } = globalThis;
  Reflect.set(globalThis, "Function", function () {
    throw new EvalError("Code generation from strings disallowed for this context");
  });
  try {
    body();
  } finally {
    globalThis.Function = Function;
  }
}

/** Names that would do harm if they got into the source as they are. */
const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "a-b",
  'quote"d',
  "back\\slash",
  "line\nbreak",
  "\u2028",
  "}; throw 1; ({",
  "日本",
  "",
];

function structOfNames(): Codec<Record<string, number>> {
  const fields: Record<string, Codec<number>> = {};
  for (const name of NAMES) Object.defineProperty(fields, name, { value: u8, enumerable: true });
  return struct(fields);
}

function checkNames(): void {
  const bytes = Uint8Array.from(NAMES, (_, i) => i + 1);
  const codec = structOfNames();
  const value = codec.read(new DataView(bytes.buffer), 0);
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
  assertEquals(Object.entries(value), NAMES.map((name, i) => [name, i + 1]));
  const written = new Uint8Array(bytes.length);
  codec.write(new DataView(written.buffer), 0, value);
  assertEquals(written, bytes);
}

test("struct() takes any name for a field", () => {
  checkNames();
});

test("struct() reads where code from strings is refused", () => {
  withoutCodeFromStrings(() => {
    assertThrows(() => new Function("return 1"), EvalError);
    checkNames();
    for (const { codec, value } of Object.values(LAYOUTS)) {
      if (codec.flexible) continue;
      const outer = struct({ inner: codec });
      const view = new DataView(new ArrayBuffer(outer.size));
      outer.write(view, 0, { inner: value });
      assertEquals(outer.read(view, 0), { inner: value });
    }
  });
});
