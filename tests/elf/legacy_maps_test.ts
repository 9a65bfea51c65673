import { test } from "../_harness.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseElf } from "../../src/elf/mod.ts";
import { ElfError } from "../../src/errors.ts";
import type { ObjectSpec } from "../../src/spec/mod.ts";
import { compileInto, readBytes } from "./_compile.ts";
import { inTemporaryFolder } from "./_libbpf.ts";

const NEEDS = { needs: ["clang", "libbpf"] } as const;

function parse(source: string, flags: readonly string[] = ["-g"]): ObjectSpec {
  return inTemporaryFolder((folder) => parseElf(readBytes(compileInto(folder, "x", source, flags)), "x.o"));
}

// The structs are those of libbpf 0.x, iproute2 and goebpf.
const SOURCE = `
  struct old { __u32 type, key_size, value_size, max_entries, map_flags; };
  struct old counts SEC("maps") __attribute__((btf_decl_tag("a"))) = { 1, 4, 8, 16, 1 };
  struct { struct old def; __u32 more; } extended SEC("maps") = { { 2, 4, 12, 3 }, 5 };
  struct { struct old def; __u32 id, pinning, inner_id, inner_idx; } shared SEC("maps") = { { 2, 4, 4, 1 }, 0, 2 };
  struct old events SEC("maps") = { 4, 0, 0, 64 };
  struct goebpf { __u32 type, key_size, value_size, max_entries, flags; void *inner; const char *path; };
  struct goebpf outer SEC("maps") = { 12, 4, 4, 8, 0, &counts };
  struct goebpf kept SEC("maps") = { 1, 4, 4, 8, 0, 0, "/sys/fs/bpf/kept" };
  static void *(*lookup)(void *, const void *) = (void *)1;
  SEC("xdp") int run(void *ctx) {
    int key = 0;
    return lookup(&extended, &key) == lookup(&kept, &key);
  }`;

test("parseElf() reads maps without BTF, in the forms of libbpf, iproute2 and goebpf", NEEDS, () => {
  for (const flags of [["-g"], []]) {
    const { maps, programs } = parse(SOURCE, flags);
    const own = maps.filter(({ contents }) => contents === undefined);
    assertEquals(
      own.map((map) => [map.name, map.type, map.keySize, map.valueSize, map.maxEntries, map.flags]),
      [
        ["counts", 1, 4, 8, 16, 1],
        ["extended", 2, 4, 12, 3, 0],
        ["shared", 2, 4, 4, 1, 0],
        ["events", 4, 4, 4, 64, 0],
        ["outer", 12, 4, 4, 8, 0],
        ["kept", 1, 4, 4, 8, 0],
      ],
    );
    const [counts, extended, shared, , outer, kept] = own;
    assertEquals(extended?.extra?.toHex(), "05000000");
    assertEquals([counts?.extra, shared?.extra, outer?.extra, kept?.extra], new Array(4).fill(undefined));
    assertEquals([counts?.pinning, shared?.pinning], ["none", "byName"]);
    assertEquals([outer?.inner, kept?.pinPath], [counts, "/sys/fs/bpf/kept"]);
    assertEquals(counts?.tags, flags.length > 0 ? ["a"] : undefined);
    const references = programs[0]?.instructions.flatMap(({ reference }) => reference?.name ?? []);
    assertEquals(references, ["extended", "kept"]);
  }
});

test("parseElf() refuses maps without BTF that are cut off, or static", NEEDS, () => {
  const errorOf = (source: string) => assertThrows(() => parse(source), ElfError).message;
  assertStringIncludes(
    errorOf(`struct { int type; } old SEC("maps") = { 1 };`),
    'map "old" has 4 bytes at 0',
  );
  const source = `static struct { int fields[5]; } old SEC("maps") = { { 1 } };
    SEC("xdp") int run(void *ctx) { return (long)&old; }`;
  assertStringIncludes(errorOf(source), 'map "old" is static');
});
