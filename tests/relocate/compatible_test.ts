import { test } from "../_harness.ts";
import { assert, assertEquals } from "@std/assert";
import type { Btf } from "../../src/btf/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { typesAreCompatible } from "../../src/relocate/mod.ts";
import { compileInto, readBytes } from "../elf/_compile.ts";
import { inTemporaryFolder } from "../elf/_libbpf.ts";

function typesOf(source: string): Btf {
  return inTemporaryFolder((folder) => {
    const { btf } = parseElf(readBytes(compileInto(folder, "x", source, ["-g"])), "x.o");
    assert(btf !== undefined);
    return btf;
  });
}

/** The id of the prototype of a function. */
function prototypeIn(btf: Btf, name: string): number {
  return btf.find(name, "function")?.typeId ?? 0;
}

// The rules of bpf_core_types_are_compat, by which libbpf accepts a declaration of a kernel function.
test("typesAreCompatible() compares functions by kinds and number of parameters", {
  needs: ["clang", "libbpf"],
}, () => {
  const local = typesOf(
    "struct a { int x; }; int f(int number, struct a *place) { return number + place->x; }",
  );
  const kernel = typesOf(`
    struct b { long y; };
    long same(unsigned char number, const struct b *place) { return number + place->y; }
    int fewer(int number) { return number; }
    int other(int number, int place) { return number + place; }
    void nothing(int number, struct b *place) { place->y = number; }`);
  const fits = (name: string) =>
    typesAreCompatible(local, prototypeIn(local, "f"), kernel, prototypeIn(kernel, name));
  assertEquals(["same", "fewer", "other", "nothing"].map(fits), [true, false, false, false]);
});
