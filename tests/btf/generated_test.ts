import { assert, assertEquals } from "@std/assert";
import { type Btf, btfCodec, layoutDifference } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { C_TYPES } from "../codec/_c_type.ts";
import { encoded } from "../codec/_compare_with_c.ts";
import { type GeneratedStruct, generateStructs } from "../codec/_generate_structs.ts";
import { expectedDifference, mutateStruct } from "./_mutate_struct.ts";
import { compiledBtf } from "./_objects.ts";

/** What clang makes of the structs for BPF, with the id of each. */
function compiled(
  structs: readonly GeneratedStruct[],
): { btf: Btf; idOf: (each: GeneratedStruct) => number } {
  const text = structs.map(({ type, definitions }) =>
    `${definitions.join("\n")}\nstruct ${type.tag} value_of_${type.tag};\n`
  );
  const btf = compiledBtf(C_TYPES + text.join(""));
  const idOf = ({ type }: GeneratedStruct) => {
    const found = btf.find(type.tag, "struct");
    if (found === undefined) throw new Error(`no struct ${type.tag}`);
    return found.id;
  };
  return { btf, idOf };
}

/** A value without its flexible array member, which BTF knows as an array of no elements. */
function withoutFlexible({ type }: GeneratedStruct, value: unknown): unknown {
  const flexible = type.fields.find(({ elements }) => elements !== undefined);
  return flexible === undefined ? value : { ...(value as object), [flexible.name]: [] };
}

const STRUCTS = generateStructs(2, 150);

test("btfCodec() agrees with struct() about random structs", { needs: ["clang", "llvm-objdump"] }, () => {
  const { btf, idOf } = compiled(STRUCTS);
  for (const each of STRUCTS) {
    const { type, random, definitions } = each;
    const message = definitions.join("\n");
    const codec = btfCodec(btf, idOf(each));
    const bytes = encoded(each, type.value(random));
    const view = new DataView(bytes.buffer);
    const expected = withoutFlexible(each, type.codec.read(view, 0));
    for (let i = 0; i < 40; i++) codec.read(view, 0); // so that readers are compiled
    const value = codec.read(view, 0);
    assertEquals([codec.size, codec.type], [type.codec.size, type.codec.type], message);
    assertEquals(type.lines(value), type.lines(expected), message);

    // What unions read may be no text, or a NaN, which are not written back as they were
    if (type.codec.flexible || /^union/m.test(message)) continue;
    const written = new Uint8Array(bytes.length).fill(0xff);
    codec.write(new DataView(written.buffer), 0, value);
    assertEquals(written, bytes, message);
  }
});

test(
  "layoutDifference() tells apart what clang lays out otherwise",
  { needs: ["clang", "llvm-objdump"] },
  () => {
    const { btf, idOf } = compiled(STRUCTS);
    let differing = 0;
    for (const each of STRUCTS) {
      const { type, random, definitions } = each;
      const message = definitions.join("\n");
      assertEquals(layoutDifference(type.codec, btf, idOf(each)), undefined, message);
      assertEquals(layoutDifference(btfCodec(btf, idOf(each)), btf, idOf(each)), undefined, message);
      for (let i = 0; i < 5; i++) {
        const mutated = mutateStruct(type, random);
        const expected = expectedDifference(mutated, type.codec);
        if (expected !== undefined) differing++;
        assertEquals(layoutDifference(mutated, btf, idOf(each)), expected, message);
      }
    }
    assert(differing > 300, `${differing}`);
  },
);
