import { assert, assertEquals, assertThrows } from "@std/assert";
import process from "node:process";
import { type Btf, BtfBuilder, formatC, type NewBtfType, parseBtf } from "../../src/btf/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { compareWithClang } from "./_c_layout.ts";
import { fixture, kernelBtf } from "./_fixtures.ts";
import { compiledBtf, objectBtf } from "./_objects.ts";

/** What compilers lay out in ways that only attributes or unnamed bitfields bring back. */
const LAYOUTS = `
#define packed __attribute__((packed))
#define aligned(n) __attribute__((aligned(n)))
typedef unsigned long long u64;
typedef u64 u64_4 aligned(4);
struct packed_one { char a; long b; short c; } packed;
struct packed_tail { int a; long b; char c; } packed aligned(4);
struct cacheline { int a; int b aligned(64); char c; };
struct holes { char a; u64 : 40; int b; int : 0; char c; long long : 64; };
struct bitfields { int a : 3; int : 0; int b : 4; u64 c : 40; u64 d : 30; char e; int f : 7; };
struct packed_bits { int a : 3; u64 b : 63; int c : 30; char d; } packed;
struct late { int a; u64_4 b; };
struct inside { char a; struct packed_one b; struct cacheline c; union { char d; struct { int e : 2; long f; }; }; };
union aligned_union { char a; int b; } aligned(32);
union packed_union { char a[5]; int b; } packed;
struct has_union { char a; union aligned_union b; union packed_union c; };
struct large_gap { char a; char b aligned(4096); };
struct tiny_enums { enum packed { A0, A1 } a; enum packed { B0 = -1, B1 = 300 } b; enum { C0 = 1ull << 40 } c; };
enum huge { LEAST = -0x7fffffffffffffff - 1, MOST = 0x7fffffffffffffff };
struct wide { char a; __int128 b; unsigned __int128 c; enum huge d; double e; float f; _Bool g; };
struct empty {};
struct zero { struct empty a; int b[0]; int c[]; };
struct self { struct self *a; struct peer *b; struct self **c[2]; };
struct peer { struct self a; const struct peer *b; };
typedef int (*callback)(struct peer *, const char *restrict, ...);
typedef callback (*returns)(void);
typedef struct { int x; struct { int y; } *p; } anonymous;
struct pointers { callback a; returns b; anonymous c; int (*d)[3]; int *const volatile *e[2][4]; char *const f[2]; void *g; };
typedef struct later later_t;
struct uses_later { later_t *a; };
struct later { struct uses_later b; };
struct names { int struct_; };
`;

const NAMES = [...LAYOUTS.matchAll(/^(struct|union) (\w+) \{/gm)].map(([, kind, name]) => `${kind} ${name}`);

/** All of them, with a variable each, so that the compiler writes them down. */
function layouts(): Btf {
  const variables = NAMES.map((tag, i) => `${tag} v${i};\n`).join("");
  return compiledBtf(`${LAYOUTS}${variables}callback v_callback;\n`);
}

test("formatC() brings back every layout", { needs: ["clang", "llvm-objdump"] }, () => {
  const btf = layouts();
  const text = formatC(btf);
  assertEquals(NAMES.filter((tag) => !text.includes(`${tag} {`)), []);
  const { members, differences } = compareWithClang(btf, text);
  assertEquals(differences, []);
  assert(members >= 70, `${members} members`);
});

for (const name of ["calls.bpf", "data.bpf", "ksyms.bpf", "maps.bpf"]) {
  test(`formatC() brings back the layouts of ${name}`, { needs: ["clang", "llvm-objdump"] }, () => {
    const btf = objectBtf(name);
    assertEquals(compareWithClang(btf, formatC(btf)).differences, []);
  });
}

test("formatC() brings back the layouts of all kinds", { needs: ["clang", "llvm-objdump"] }, () => {
  const btf = parseBtf(fixture("kinds.el.btf"));
  const { members, differences } = compareWithClang(btf, formatC(btf));
  assertEquals(differences, []);
  assert(members >= 28);
});

const full = process.env["WAGGLE_FULL"] === "1";

// All of it takes a minute with clang
test(`formatC() brings back the layouts of ${full ? "all" : "some"} of the kernel's types`, {
  needs: ["btf", "clang", "llvm-objdump"],
}, () => {
  const btf = parseBtf(kernelBtf());
  const sample: number[] = [];
  for (let id = 1; id < btf.count; id += 40) sample.push(id);
  const text = full ? formatC(btf) : formatC(btf, sample.filter((id) => btf.nameOf(id) !== ""));
  const { members, differences } = compareWithClang(btf, text);
  // Clang's own type is of another kind for BPF than for the machine
  assertEquals(differences.filter((line) => !line.startsWith("warn_args")), []);
  assert(members > (full ? 50_000 : 500), `${members} members`);
});

test("formatC() writes tags and functions so that clang gives the same types", {
  needs: ["clang", "llvm-objdump"],
}, () => {
  const source = `
    #define user __attribute__((btf_type_tag("user")))
    struct tagged { int user *a; int user *user *b; const char user *c; } tagged;
    extern int outside(struct tagged *a, const char *b);
    int inside(int (*a)[3]) { return outside(&tagged, (char *)a); }`;
  const btf = compiledBtf(source);
  const ids = ["inside", "outside"].map((name) => btf.find(name, "function")?.id ?? 0);
  const text = formatC(btf, [btf.find("tagged", "struct")?.id ?? 0, ...ids]);
  assert(text.includes("extern int outside(struct tagged *, const char *);"), text);
  assert(text.includes("extern int inside(int (*)[3]);"), text);
  const back = compiledBtf(`${text}struct tagged root;`);
  const chains = (from: Btf) =>
    from.find("tagged", "struct")?.members.map(({ typeId }) => {
      const kinds: string[] = [];
      for (let type = from.type(typeId); "typeId" in type; type = from.type(type.typeId)) {
        kinds.push(`${type.kind} ${type.name}`);
      }
      return kinds;
    });
  assertEquals(chains(back), chains(btf));
  assertEquals(chains(btf)?.[0], ["pointer ", "typeTag user"]);
});

test(
  "formatC() writes only what is asked for, and what it takes",
  { needs: ["clang", "llvm-objdump"] },
  () => {
    const btf = layouts();
    const id = (name: string) => btf.find(name, "struct")?.id ?? 0;
    assertEquals(
      formatC(btf, [id("peer")]),
      "struct self;\nstruct peer;\nstruct self {\n\tstruct self *a;\n\tstruct peer *b;\n\tstruct self **c[2];\n};\n" +
        "struct peer {\n\tstruct self a;\n\tconst struct peer *b;\n};\n",
    );
    assertEquals(
      formatC(btf, [id("packed_one"), id("packed_one")]),
      "struct packed_one {\n\tchar a;\n\tlong b;\n\tshort c;\n} __attribute__((packed));\n",
    );
  },
);

const int = (name: string, size: number): NewBtfType => {
  const flags = { signed: false, char: false, bool: false };
  return { kind: "int", name, size, bits: size * 8, bitOffset: 0, ...flags };
};

function struct(name: string, size: number, ...typeIds: number[]): NewBtfType {
  const members = typeIds.map((typeId, i) => ({ name: `m${i}`, typeId, bitOffset: i * 32, bitSize: 0 }));
  return { kind: "struct", name, size, members };
}

test("formatC() gives types of one name names of their own", { needs: ["clang", "llvm-objdump"] }, () => {
  const builder = new BtfBuilder();
  builder.add(int("u32", 4));
  builder.add(struct("same", 4, 1));
  builder.add(struct("same", 8, 1, 1));
  builder.add({ kind: "typedef", name: "A", typeId: 3 });
  const values = [{ name: "A", value: 1n }];
  builder.add({ kind: "enum", name: "", size: 4, signed: false, is64: false, values });
  builder.add({ kind: "forward", name: "same", union: true });
  builder.add(struct("Option<u32>", 4, 1));
  const btf = builder.build();
  const text = formatC(btf);
  assertEquals(
    text.split("\n").filter((line) => /^\S.*[;{]$/.test(line) && line !== "};"),
    [
      "typedef unsigned int u32;",
      "struct same {",
      "struct same___2 {",
      "typedef struct same___2 A;",
      "enum {",
      "union same___3;",
      "struct Option_u32_ {",
    ],
  );
  assert(text.includes("A___2 = 1,"));
  assertEquals(compareWithClang(btf, text).differences, []);
});

test("formatC() refuses what C cannot have", () => {
  const refuse = (types: readonly NewBtfType[], message: string) => {
    const builder = new BtfBuilder();
    for (const type of types) builder.add(type);
    const btf = builder.build();
    assertThrows(() => formatC(btf), BtfError, message);
  };
  refuse([struct("s", 4, 1)], 'Cannot write BTF type 1 "s" as C: it has itself in it');
  refuse(
    [{ kind: "typedef", name: "t", typeId: 2 }, { kind: "pointer", name: "", typeId: 1 }],
    "has itself in it",
  );
  refuse([int("long", 8), struct("s", 16, 1, 1)], 'member "m1" lies in another');
  refuse([int("odd", 3), struct("s", 4, 1)], "no int has 3 bytes");
  const shared: NewBtfType[] = [];
  for (let i = 0; i < 16; i++) shared.push(struct("", 0, i + 2, i + 2));
  refuse(
    [...shared, struct("", 0)].map((type, i) => i === 0 ? { ...type, name: "s" } : type),
    "Cannot write BTF",
  );
});
