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

/** More reads than are done without a compiled reader. */
const MANY = 100;

function checkNames(): void {
  const bytes = Uint8Array.from(NAMES, (_, i) => i + 1);
  const codec = structOfNames();
  const view = new DataView(bytes.buffer);
  let value = codec.read(view, 0);
  for (let i = 0; i < MANY; i++) {
    assertEquals(Object.getPrototypeOf(value), Object.prototype);
    assertEquals(Object.entries(value), NAMES.map((name, i) => [name, i + 1]));
    value = codec.read(view, 0);
  }
  const written = new Uint8Array(bytes.length);
  codec.write(new DataView(written.buffer), 0, value);
  assertEquals(written, bytes);
}

test("struct() takes any name for a field", () => {
  checkNames();
});

test("struct() reads the same once its reader is compiled", () => {
  const made: unknown[] = [];
  const { Function } = globalThis;
  try {
    Reflect.set(globalThis, "Function", function (...args: string[]) {
      made.push(args);
      return new Function(...args);
    });
    const codec = struct({ a: u8, b: u8 });
    const view = new DataView(Uint8Array.of(0, 1, 2).buffer);
    for (let i = 0; i < MANY; i++) assertEquals(codec.read(view, 1), { a: 1, b: 2 });
    assertEquals(made.length, 1);
    const before = codec.read(view, 0);
    assertEquals([before, codec.read(view, 1), before], [{ a: 0, b: 1 }, { a: 1, b: 2 }, { a: 0, b: 1 }]);
  } finally {
    globalThis.Function = Function;
  }
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
      for (let i = 0; i < MANY; i++) assertEquals(outer.read(view, 0), { inner: value });
    }
  });
});
