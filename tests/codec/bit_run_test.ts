import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import type { BtfComposite } from "../../src/btf/mod.ts";
import { bitRun, isShort, readLong, readShort, writeLong, writeShort } from "../../src/codec/_bit_run.ts";
import { struct, type StructCodec } from "../../src/codec/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";
import { compile } from "../btf/_objects.ts";
import { pick, randomOf } from "../fuzz/_random.ts";
import { bitField } from "./_c_composites.ts";
import { INTEGERS } from "./_c_scalars.ts";
import { C_TYPES, literal } from "./_c_type.ts";

interface BitStruct {
  readonly codec: StructCodec<unknown>;
  readonly signed: ReadonlyMap<string, boolean>;
  readonly values: ReadonlyMap<string, bigint>;
  /** A variable with these values. */
  readonly source: string;
}

/** A struct of nothing but bitfields. */
function bitStruct(number: number): BitStruct {
  const random = randomOf(3, number);
  const packed = random(4) === 0;
  const fields = Array.from({ length: 1 + random(8) }, (_, i) => {
    const type = pick(random, INTEGERS);
    const field = bitField(`f${i}`, type, type.codec, type.signed, 1 + random(type.bits));
    return { ...field, signed: type.signed, value: BigInt(field.type?.value(random) as bigint) };
  });
  const attribute = packed ? "__attribute__((packed)) " : "";
  const body = fields.map(({ declaration }) => `${declaration};`).join(" ");
  const initial = fields.map(({ name, value }) => `.${name} = ${literal(value)}`).join(", ");
  return {
    codec: struct(Object.fromEntries(fields.map(({ name, member }) => [name, member])), { packed }),
    signed: new Map(fields.map(({ name, signed }) => [name, signed])),
    values: new Map(fields.map(({ name, value }) => [name, value])),
    source: `struct ${attribute}s${number} { ${body} };\nstruct s${number} v${number} = { ${initial} };\n`,
  };
}

function checkBits(
  { codec, signed, values, source }: BitStruct,
  type: BtfComposite,
  bytes: Uint8Array,
  little: boolean,
): void {
  const places = codec.fields.map(({ name, bitOffset, bitWidth }) => [name, bitOffset, bitWidth]);
  assertEquals(
    places,
    type.members.map(({ name, bitOffset, bitSize }) => [name, bitOffset, bitSize]),
    source,
  );
  assertEquals(codec.size, type.size);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const written = new Uint8Array(bytes.length);
  const target = new DataView(written.buffer);
  for (const { name, bitOffset = 0, bitWidth = 0 } of codec.fields) {
    const run = bitRun(bitOffset, bitWidth, signed.get(name) === true, little);
    const value = values.get(name) ?? 0n;
    assertEquals(readLong(run, view, 0), value, source);
    if (isShort(run)) {
      assertEquals(BigInt(readShort(run, view, 0)), value, source);
      writeShort(run, target, 0, Number(value));
    } else writeLong(run, target, 0, value);
  }
  assertEquals(written, bytes, source);
  for (const { name, bitOffset = 0, bitWidth = 0 } of codec.fields) {
    writeLong(
      bitRun(bitOffset, bitWidth, signed.get(name) === true, little),
      target,
      0,
      values.get(name) ?? 0n,
    );
  }
  assertEquals(written, bytes, source);
}

for (const [target, little] of [["bpfel", true], ["bpfeb", false]] as const) {
  test(`bitfields lie as clang lays them out for ${target}`, { needs: ["clang", "llvm-objdump"] }, () => {
    const structs = Array.from({ length: 80 }, (_, i) => bitStruct(i));
    const source = C_TYPES + structs.map(({ source }) => source).join("");
    const object = withFolder((folder) =>
      new Uint8Array(readFileSync(compile(folder, source, target).object))
    );
    const { btf, variables, maps } = parseElf(object, "bits");
    structs.forEach((each, i) => {
      const variable = variables.find(({ name }) => name === `v${i}`);
      const contents = maps.find(({ name }) => name === variable?.section)?.contents;
      const type = btf?.find(`s${i}`, "struct");
      if (!variable || !contents || !type) throw new Error(`no struct ${i}`);
      checkBits(each, type, contents.slice(variable.offset, variable.offset + variable.size), little);
    });
  });
}
