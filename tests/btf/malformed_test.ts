import { assert } from "@std/assert";
import {
  type Btf,
  BtfBuilder,
  dedupBtf,
  formatC,
  formatValue,
  mergeBtf,
  type NewBtfType,
  parseBtf,
  placeKsyms,
  relocateSplit,
  sanitizeBtf,
  sizeOf,
} from "../../src/btf/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { fixture } from "./_fixtures.ts";

const kinds = fixture("kinds.el.btf");
const sound = parseBtf(kinds);

const OLD = {
  functions: false,
  globalFunctions: false,
  sections: false,
  questionMarks: false,
  floats: false,
  declTags: false,
  typeTags: false,
  enum64: false,
};

/** Enough for the values of all sound types. */
const bytes = new DataView(new ArrayBuffer(1 << 12));

/** Lets nothing but `BtfError` pass for a refusal. */
function attempt(body: () => unknown): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof BtfError)) throw error;
    refused++;
  }
}

let refused = 0;

/** Everything that makes something of a whole BTF. */
function exercise(btf: Btf): void {
  attempt(() => dedupBtf(btf));
  attempt(() => mergeBtf([sound, btf, sound]));
  attempt(() => sanitizeBtf(placeKsyms(btf), OLD));
  attempt(() => formatC(btf));
  for (let id = 0; id < btf.count; id++) {
    attempt(() => formatC(btf, [id]));
    attempt(() => new BtfBuilder().copy(btf, id) && undefined);
    attempt(() => sizeOf(btf, id) <= bytes.byteLength && formatValue(btf, id, bytes));
  }
  const builder = new BtfBuilder({ base: btf });
  attempt(() => builder.add({ kind: "pointer", name: "", typeId: 1 }));
  attempt(() => relocateSplit(builder.build(), sound));
}

/** Numbers of one sequence, so that a failure can be had again (xorshift32). */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

test("nothing but BtfError comes of changed bytes, and that soon", () => {
  const random = randomFrom(0x9e3779b9);
  const started = performance.now();
  refused = 0;
  for (let round = 0; round < 1000; round++) {
    const changed = kinds.slice();
    for (let change = 0; change <= random(4); change++) changed[24 + random(1676)] = random(256);
    attempt(() => exercise(parseBtf(changed)));
  }
  assert(refused > 300, `${refused} refusals`);
  assert(performance.now() - started < 120_000);
});

test("nothing but BtfError comes of types that refer to each other at random", () => {
  const random = randomFrom(0x2545f491);
  const started = performance.now();
  refused = 0;
  for (let round = 0; round < 300; round++) {
    const builder = new BtfBuilder();
    const count = 2 + random(20);
    for (let i = 0; i < count; i++) builder.add(randomType(random, count + 1));
    exercise(builder.build());
  }
  assert(refused > 300, `${refused} refusals`);
  assert(performance.now() - started < 120_000);
});

function randomType(random: (limit: number) => number, count: number): NewBtfType {
  const name = ["", "", "a", "b"][random(4)] ?? "";
  const typeId = random(count);
  const typeIds = Array.from({ length: random(4) }, () => random(count));
  switch (random(9)) {
    case 0:
      return { kind: "int", name, size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false };
    case 1:
      return { kind: "array", name: "", typeId, indexTypeId: random(count), length: random(3) };
    case 2:
      return { kind: "prototype", name: "", returnTypeId: typeId, parameters: named(typeIds) };
    case 3:
      return { kind: "typedef", name: name || "t", typeId };
    case 4:
      return { kind: "forward", name: name || "f", union: random(2) === 0 };
    case 5:
      return { kind: "const", name: "", typeId };
    case 6:
      return { kind: "pointer", name: "", typeId };
    default: {
      const kind = random(2) === 0 ? "struct" : "union";
      const members = named(typeIds).map((each, i) => ({
        ...each,
        bitOffset: kind === "union" ? 0 : i * 64,
        bitSize: random(8) === 0 ? 5 : 0,
      }));
      return { kind, name, size: kind === "union" ? 8 : members.length * 8, members };
    }
  }
}

function named(typeIds: readonly number[]): { name: string; typeId: number }[] {
  return typeIds.map((typeId, i) => ({ name: i === 0 ? "" : `m${i}`, typeId }));
}

/** Each type has the next one twice, so that there are more ways through them than can be gone. */
function doubling(make: (next: number) => NewBtfType, last: NewBtfType): Btf {
  const builder = new BtfBuilder();
  for (let i = 0; i < 100; i++) builder.add(make(i + 2));
  builder.add(last);
  return builder.build();
}

test("types that share types many times over take no time", () => {
  const started = performance.now();
  const end: NewBtfType = { kind: "forward", name: "end", union: false };
  const member = { bitOffset: 0, bitSize: 0 };
  const twice = (kind: "struct" | "union", name: string) => (next: number): NewBtfType => {
    const members = ["a", "b"].map((each) => ({ name: name === "" ? "" : each, typeId: next, ...member }));
    return { kind, name, size: 0, members };
  };
  const empty: NewBtfType = { kind: "struct", name: "", size: 0, members: [] };
  exercise(doubling(twice("struct", ""), empty));
  exercise(doubling(twice("union", ""), empty));
  exercise(doubling(twice("struct", "s"), empty));
  exercise(doubling((next) => {
    const parameters = [{ name: "", typeId: next }, { name: "", typeId: next }];
    return { kind: "prototype", name: "", returnTypeId: next, parameters };
  }, end));
  exercise(doubling((next) => ({ kind: "pointer", name: "", typeId: next }), end));
  assert(performance.now() - started < 120_000);
});

test("long chains of types do not run out of stack", () => {
  const started = performance.now();
  for (const kind of ["pointer", "const", "struct"] as const) {
    const builder = new BtfBuilder();
    for (let i = 0; i < 50_000; i++) {
      const members = [{ name: "m", typeId: i + 2, bitOffset: 0, bitSize: 0 }];
      builder.add(
        kind === "struct" ? { kind, name: `s${i}`, size: 8, members } : { kind, name: "", typeId: i + 2 },
      );
    }
    builder.add({ kind: "typedef", name: "end", typeId: 1 });
    const btf = builder.build();
    attempt(() => dedupBtf(btf));
    attempt(() => mergeBtf([btf, btf]));
    attempt(() => formatC(btf));
    attempt(() => new BtfBuilder().copy(btf, 1));
    attempt(() => formatC(btf, [1]));
  }
  assert(performance.now() - started < 120_000);
});
