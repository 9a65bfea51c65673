import { assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arrayOf, LITTLE_ENDIAN, rest, struct, u16, u32, u8 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";
import { run, withFile, withFolder } from "../_run.ts";
import { LAYOUTS } from "./_layouts.ts";

const folder = new URL("./", import.meta.url);

/** A struct as layouts.c prints it, by `cc layouts.c && ./a.out`; layouts.txt is from a little-endian machine. */
interface Printed {
  readonly size: number;
  readonly align: number;
  /** Name, offset and size of each field. */
  readonly fields: readonly (string | number)[][];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function parsePrinted(text: string): Map<string, Printed> {
  const structs = new Map<string, Printed>();
  for (const line of text.trimEnd().split("\n")) {
    const [tag = "", size, align, ...rest] = line.split(" ");
    const bytes = fromHex(rest.pop() ?? "");
    const fields = rest.map((field) => {
      const [name = "", offset, size] = field.split(":");
      return [name, Number(offset), Number(size)];
    });
    structs.set(tag, { size: Number(size), align: Number(align), fields, bytes });
  }
  return structs;
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function checkLayouts(structs: Map<string, Printed>): void {
  assertEquals([...structs.keys()].sort(), Object.keys(LAYOUTS).sort());
  for (const [tag, { codec, value }] of Object.entries(LAYOUTS)) {
    const { size, align, fields, bytes } = structs.get(tag) ??
      { size: 0, align: 0, fields: [], bytes: fromHex("") };
    assertEquals([tag, codec.size, codec.align], [tag, size, align]);
    assertEquals(codec.fields.map(({ name, offset, size }) => [name, offset, size]), fields, tag);

    assertEquals(codec.read(new DataView(bytes.buffer), 0), value, tag);

    const written = new Uint8Array(bytes.length + 2).fill(0xaa);
    codec.write(new DataView(written.buffer, 1, bytes.length), 0, value);
    assertEquals(written.subarray(1, -1), bytes, tag);
    assertEquals([written[0], written.at(-1)], [0xaa, 0xaa], tag);
  }
}

if (LITTLE_ENDIAN) {
  test("struct() lays out, reads and writes as C does", () => {
    checkLayouts(parsePrinted(readFileSync(new URL("layouts.txt", folder), "utf8")));
  });
}

test("struct() lays out, reads and writes as this machine's compiler does", { needs: ["cc"] }, () => {
  withFolder((target) => {
    run("cc", [`-o${target}/layouts`, new URL("layouts.c", folder).pathname]);
    const printed = execFileSync(`${target}/layouts`, { encoding: "utf8" });
    checkLayouts(parsePrinted(printed));
  });
});

test("struct() lays out as clang does for BPF", { needs: ["clang"] }, () => {
  const lines = [`#include ${JSON.stringify(new URL("layouts.h", folder).pathname)}`];
  for (const [tag, { codec }] of Object.entries(LAYOUTS)) {
    const type = `struct ${tag}`;
    lines.push(`_Static_assert(sizeof(${type}) == ${codec.size}, "size of ${tag}");`);
    lines.push(`_Static_assert(_Alignof(${type}) == ${codec.align}, "alignment of ${tag}");`);
    for (const { name, offset } of codec.fields) {
      lines.push(`_Static_assert(offsetof(${type}, ${name}) == ${offset}, "${tag}.${name}");`);
    }
  }
  assertEquals(lines.length > 60, true);
  withFile(new TextEncoder().encode(lines.join("\n")), (path) => {
    run("clang", ["--target=bpf", "-fsyntax-only", "-x", "c", path]);
  });
});

test("struct() tells its type and those of its fields", () => {
  const inner = struct({ a: u8 }, { name: "inner" });
  const outer = struct({ first: u32, cells: arrayOf(arrayOf(inner, 2), 3), rest: rest() });
  assertEquals(outer.type, "struct");
  assertEquals(outer.fields.map(({ codec: _, ...field }) => field), [
    { name: "first", offset: 0, size: 4, type: "u32" },
    { name: "cells", offset: 4, size: 6, type: "struct inner[3][2]" },
    { name: "rest", offset: 10, size: 0, type: "u8[]" },
  ]);
  assertEquals(outer.flexible, true);
  assertEquals("flexible" in inner, false);
});

test("struct() reads fresh objects", () => {
  const codec = struct({ a: u32 });
  const view = new DataView(new ArrayBuffer(4));
  const first = codec.read(view, 0);
  first.a = 5;
  assertEquals(codec.read(view, 0), { a: 0 });
});

test("struct() zeroes what padding held before", () => {
  const codec = struct({ a: u8, b: u32, c: u8 });
  const bytes = new Uint8Array(12).fill(0xff);
  codec.write(new DataView(bytes.buffer), 0, { a: 1, b: 2, c: 3 });
  if (LITTLE_ENDIAN) assertEquals(bytes, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0));
});

test("struct() says in which field a value does not fit", () => {
  const codec = struct({ id: u32, at: struct({ port: u16 }) });
  const view = new DataView(new ArrayBuffer(codec.size));
  assertThrows(
    () => codec.write(view, 0, { id: -1, at: { port: 1 } }),
    RangeError,
    'Cannot encode field "id": -1 as u32: not an integer from 0 to 4294967295',
  );
  assertThrows(
    () => codec.write(view, 0, { id: 1, at: { port: 65536 } }),
    RangeError,
    'Cannot encode field "at": field "port": 65536 as u16: not an integer from 0 to 65535',
  );
  const bad: unknown = { id: 1 };
  assertThrows(
    () => codec.write(view, 0, bad as { id: number; at: { port: number } }),
    TypeError,
    'Cannot encode field "at": undefined as struct: not an object',
  );
});

test("struct() refuses fields that it cannot place", () => {
  assertThrows(() => struct({ rest: rest(), a: u8 }), TypeError, 'Cannot place field "a" of struct');
  assertThrows(
    () => struct({ a: u8, 1: u8 }, { name: "x" }),
    TypeError,
    'Cannot place field "1" of struct x',
  );
  const flexible = struct({ a: u8, rest: rest() });
  assertThrows(() => struct({ flexible, a: u8 }), TypeError, "the one before has no fixed size");
  assertThrows(() => arrayOf(flexible, 2), TypeError, "no fixed size");
});
