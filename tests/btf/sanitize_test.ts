import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Btf,
  BtfBuilder,
  type BtfFeatures,
  type BtfSection,
  type BtfVariable,
  parseBtf,
  patchBtf,
  placeKsyms,
  sanitizeBtf,
  sizeOf,
} from "../../src/btf/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { fixture } from "./_fixtures.ts";
import { objectBtf } from "./_objects.ts";
import { dumped, loadErrno } from "./_outside.ts";

const ALL: BtfFeatures = {
  functions: true,
  globalFunctions: true,
  sections: true,
  questionMarks: true,
  floats: true,
  declTags: true,
  typeTags: true,
  enum64: true,
};

const NONE: BtfFeatures = {
  functions: false,
  globalFunctions: false,
  sections: false,
  questionMarks: false,
  floats: false,
  declTags: false,
  typeTags: false,
  enum64: false,
};

/** Without data.bpf, where clang has made a variable smaller than its type, which the kernel refuses. */
const OBJECTS = ["calls.bpf", "ksyms.bpf", "maps.bpf"];

/** What clang makes of all kinds, with variables placed one after the other, as a loader does. */
function placed(): Btf {
  const btf = parseBtf(fixture("kinds.el.btf"));
  const changes: (BtfSection | BtfVariable)[] = [];
  for (const section of btf.types()) {
    if (section.kind !== "section" || section.name === ".ksyms") continue;
    let size = 0;
    const entries = section.entries.map((entry) => {
      const offset = Math.ceil(size / 8) * 8;
      size = offset + sizeOf(btf, entry.typeId);
      return { ...entry, offset };
    });
    changes.push({ ...section, size, entries });
  }
  return placeKsyms(patchBtf(btf, changes));
}

for (const name of OBJECTS) {
  test(`the kernel takes ${name} whatever it is said not to know`, { needs: ["bpf"] }, () => {
    const btf = placeKsyms(objectBtf(name));
    assertEquals(loadErrno(btf), 0);
    for (const feature of Object.keys(ALL)) {
      // Made into enumerators, parameters without a name are refused by kernels that know functions
      if (feature === "functions") continue;
      assertEquals(loadErrno(sanitizeBtf(btf, { ...ALL, [feature]: false })), 0, feature);
    }
    assertEquals(loadErrno(sanitizeBtf(btf, { ...NONE, functions: true })), 0);
  });
}

test("the kernel takes all kinds whatever it is said not to know", { needs: ["bpf"] }, () => {
  const btf = placed();
  assertEquals(loadErrno(btf), 0);
  for (const feature of Object.keys(ALL)) {
    if (feature === "functions") continue;
    assertEquals(loadErrno(sanitizeBtf(btf, { ...ALL, [feature]: false })), 0, feature);
  }
  assertEquals(loadErrno(sanitizeBtf(btf, { ...NONE, functions: true })), 0);
});

test("sanitizeBtf() puts known kinds in place of those a kernel lacks, as libbpf does", {
  needs: ["bpftool"],
}, () => {
  const btf = placed();
  const before = dumped(btf);
  const after = dumped(sanitizeBtf(btf, NONE));
  const id = (name: string, kind: "variable" | "enum" | "prototype") => btf.find(name, kind)?.id;
  assertEquals(
    [...after.keys()].filter((key) =>
      /^(FUNC|FUNC_PROTO|VAR|DATASEC|FLOAT|DECL_TAG|TYPE_TAG|ENUM64) /.test(key)
    ),
    [],
  );
  const int1 = "size=1 bits_offset=0 nr_bits=8 encoding=(none)";
  assertEquals(after.get("INT 'counter'"), int1);
  assertEquals(after.get("INT 'whole'"), int1);
  assertEquals(after.get("INT 'enum64_placeholder'"), int1);
  assertEquals(
    after.get("STRUCT '_data_custom'"),
    `size=8 vlen=1\n\t'pointer' type_id=${id("pointer", "variable")} bits_offset=0`,
  );
  assertEquals(
    after.get("UNION 'big'"),
    `size=8 vlen=2\n\t'BIG' type_id=${btf.count} bits_offset=0\n\t'BIG_MAX' type_id=${btf.count} bits_offset=0`,
  );
  assertEquals(
    after.get("ENUM 'negative'"),
    "encoding=UNSIGNED size=4 vlen=2\n\t'NEGATIVE' val=4294967293\n\t'POSITIVE' val=3",
  );
  const prototype = before.get("FUNC 'exported'")?.match(/type_id=(\d+)/)?.[1];
  assertEquals(after.get("TYPEDEF 'exported'"), `type_id=${prototype}`);
  const parameters = sanitizeBtf(btf, NONE).type(Number(prototype));
  assert(parameters.kind === "enum" && parameters.size === 4);
  assertEquals(parameters.values.map(({ name }) => name), ["value"]);
});

test("sanitizeBtf() makes functions static, and leaves question marks out", { needs: ["bpftool"] }, () => {
  const functions = dumped(sanitizeBtf(placed(), { ...ALL, globalFunctions: false }));
  assert(functions.get("FUNC 'exported'")?.endsWith("linkage=static"));
  assert(dumped(placed()).get("FUNC 'exported'")?.endsWith("linkage=global"));
  const btf = placed();
  const section = btf.find(".data.custom", "section");
  assert(section);
  // The name has the length of the one before
  const bytes = btf.bytes.slice();
  const at = new TextDecoder("latin1").decode(bytes).indexOf(".data.custom");
  bytes[at] = "?".charCodeAt(0);
  const marked = parseBtf(bytes);
  assert(dumped(marked).has("DATASEC '?data.custom'"));
  assert(dumped(sanitizeBtf(marked, { ...ALL, questionMarks: false })).has("DATASEC '_data.custom'"));
});

test("sanitizeBtf() refuses a section too large for a struct", () => {
  const builder = new BtfBuilder();
  const entries = [{ typeId: 0, offset: 1 << 29, size: 1 }];
  builder.add({ kind: "section", name: ".data", size: 0, entries });
  assertThrows(() => sanitizeBtf(builder.build(), NONE), BtfError, '".data"');
});

test("sanitizeBtf() gives back the same where nothing has to change", () => {
  const btf = objectBtf("calls.bpf");
  assert(sanitizeBtf(btf, ALL) === btf);
});

test("sanitizeBtf() and placeKsyms() leave ids and the offsets of strings as they are", () => {
  const original = parseBtf(fixture("kinds.el.btf"));
  for (const changed of [sanitizeBtf(original, NONE), placeKsyms(original)]) {
    assert(changed.count >= original.count);
    for (let offset = 0; offset < original.stringsLength; offset++) {
      assertEquals(changed.stringAt(offset), original.stringAt(offset));
    }
    for (const type of original.types()) {
      if (type.kind === "struct") assertEquals(changed.type(type.id).name, type.name);
    }
  }
});
