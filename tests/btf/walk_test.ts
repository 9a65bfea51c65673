import { assertEquals, assertThrows } from "@std/assert";
import { BtfError } from "../../src/errors.ts";
import {
  alignOf,
  type Btf,
  parseBtf,
  sizeOf,
  skipModifiers,
  skipQualifiers,
  typeName,
} from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";
import { fixture, pathOf } from "./_fixtures.ts";

const btf = parseBtf(fixture("kinds.el.btf"));

function memberTypes(name: string): [string, number][] {
  const struct = btf.find(name, "struct");
  return struct?.members.filter((member) => member.name !== "").map(({ name, typeId }) => [name, typeId]) ??
    [];
}

/** A blob of the given types, each as words after the name, with no names but one. */
function blobOf(types: number[][]): Btf {
  const words = types.flatMap(([info = 0, ...rest]) => [0, info, ...rest]);
  const header = [0x0001eb9f, 24, 0, words.length * 4, words.length * 4, 1];
  const bytes = new Uint8Array((header.length + words.length) * 4 + 1);
  new Uint32Array(bytes.buffer, 0, header.length + words.length).set([...header, ...words]);
  return parseBtf(bytes);
}

const POINTER = 2 << 24;
const ARRAY = 3 << 24;
const STRUCT = 4 << 24;
const TYPEDEF = 8 << 24;
const CONST = 10 << 24;
const PROTOTYPE = 13 << 24;

test("sizeOf(), alignOf() and typeName() agree with clang about every member", { needs: ["clang"] }, () => {
  const bitfields = new Set(["plain", "bits", "wide_bits"]);
  const lines = [`#include ${JSON.stringify(pathOf("kinds.c"))}`];
  for (const [name, id] of memberTypes("everything").concat(memberTypes("packed"))) {
    const struct = memberTypes("packed").some(([other]) => other === name) ? "packed" : "everything";
    const member = `((struct ${struct} *)0)->${name}`;
    const type = typeName(btf, id);
    const value = `__typeof__(${type})`;
    if (!bitfields.has(name)) {
      lines.push(
        `_Static_assert(__builtin_types_compatible_p(__typeof__(${member}), ${value}), "${name}: ${type}");`,
      );
    }
    if (name === "last") continue; // of unknown length in C
    lines.push(`_Static_assert(sizeof(${value}) == ${sizeOf(btf, id)}, "size of ${name}");`);
    lines.push(`_Static_assert(_Alignof(${value}) == ${alignOf(btf, id)}, "alignment of ${name}");`);
  }
  for (const name of ["everything", "packed", "inner"]) {
    const id = btf.find(name, "struct")?.id ?? 0;
    lines.push(`_Static_assert(sizeof(struct ${name}) == ${sizeOf(btf, id)}, "size of ${name}");`);
    lines.push(`_Static_assert(_Alignof(struct ${name}) == ${alignOf(btf, id)}, "alignment of ${name}");`);
  }
  assertEquals(lines.length > 50, true);
  withFile(new TextEncoder().encode(lines.join("\n")), (path) => {
    run("clang", ["--target=bpf", "-fsyntax-only", "-x", "c", path]);
  });
});

test("typeName() writes declarators as C does", () => {
  const types = new Map(memberTypes("everything"));
  const nameOf = (member: string) => typeName(btf, types.get(member) ?? 0);
  assertEquals(nameOf("callback"), "void (*)(void *, const char *, ...)");
  assertEquals(nameOf("inner"), "struct inner[2][3]");
  assertEquals(nameOf("qualified"), "const volatile u32 *");
  assertEquals(nameOf("restricted"), "int *restrict");
  assertEquals(nameOf("unknown_union"), "union unknown_union *");
  assertEquals(nameOf("tagged"), "int *");
  assertEquals(nameOf("big"), "enum big");
  assertEquals(typeName(btf, 0), "void");
  assertEquals(typeName(btf, 38), "union {…}");
  assertEquals(typeName(btf, btf.find("exported", "function")?.id ?? 0), "exported");
});

test("sizeOf() of a variable is that of its type", () => {
  assertEquals(sizeOf(btf, btf.find("zeroed", "variable")?.id ?? 0), 16);
  assertEquals(alignOf(btf, btf.find("zeroed", "variable")?.id ?? 0), 4);
});

test("sizeOf() and alignOf() refuse what has no size", () => {
  const prototype = btf.find("exported", "function")?.typeId ?? 0;
  for (const id of [0, prototype, btf.find("unknown", "forward")?.id ?? 0]) {
    assertThrows(() => sizeOf(btf, id), BtfError, "has no size");
    assertThrows(() => alignOf(btf, id), BtfError, "has no alignment");
  }
});

test("skipModifiers() and skipQualifiers() stop where they should", () => {
  const limit = btf.find("limit", "variable")?.typeId ?? 0;
  assertEquals(btf.kindOf(limit), "const");
  assertEquals(skipQualifiers(btf, limit), btf.find("u64", "typedef"));
  assertEquals(skipModifiers(btf, limit), btf.find("unsigned long long", "int"));
  assertEquals(skipModifiers(btf, 0).kind, "void");
});

test("walking does not follow cycles", () => {
  const cycle = blobOf([[TYPEDEF, 2], [CONST, 1], [POINTER, 3], [STRUCT | 1, 8, 0, 4, 0], [CONST, 5]]);
  for (const walk of [sizeOf, alignOf, skipModifiers]) {
    assertThrows(() => walk(cycle, 1), BtfError, "chain of over 32 types");
  }
  assertThrows(() => skipQualifiers(cycle, 5), BtfError, "chain of over 32 types");
  assertThrows(() => alignOf(cycle, 4), BtfError, "chain of over 32 types");
  assertEquals(typeName(cycle, 3), `… ${"*".repeat(100)}`);
});

test("walking does not go through shared types over and over", () => {
  // 30 structs of 100 members each, all of the next struct, and the same of prototypes
  const members = (id: number) => Array.from({ length: 100 }, () => [0, id, 0]).flat();
  const structs = Array.from({ length: 30 }, (_, i) => [STRUCT | 100, 8, ...members(i + 2)]);
  assertEquals(alignOf(blobOf([...structs, [POINTER, 0]]), 1), 8);
  const parameters = (id: number) => Array.from({ length: 100 }, () => [0, id]).flat();
  const prototypes = Array.from({ length: 30 }, (_, i) => [PROTOTYPE | 100, 0, ...parameters(i + 2)]);
  assertEquals(typeName(blobOf([...prototypes, [POINTER, 0]]), 1).includes("…"), true);
});

test("sizeOf() refuses more than 4 GiB", () => {
  const huge = blobOf([[POINTER, 0], [ARRAY, 0, 1, 1, 0xffffffff], [ARRAY, 0, 2, 1, 0xffffffff]]);
  assertThrows(() => sizeOf(huge, 2), BtfError, "larger than 4 GiB");
  assertThrows(() => sizeOf(huge, 3), BtfError, "larger than 4 GiB");
});
