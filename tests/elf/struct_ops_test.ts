import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../_harness.ts";
import { assertEquals } from "@std/assert";
import { parseElf } from "../../src/elf/mod.ts";
import { compileInto, readBytes } from "./_compile.ts";
import { inTemporaryFolder, libbpfFacts } from "./_libbpf.ts";

const FOLDER = import.meta.dirname ?? "";
const read = (name: string) => parseElf(readFileSync(join(FOLDER, name)), name);
const spec = read("struct_ops.bpf.o");

test("parseElf() makes maps of structs of functions as libbpf does", { needs: ["cc", "libbpf"] }, () => {
  const facts = libbpfFacts({ object: join(FOLDER, "struct_ops.bpf.o") }).maps;
  const theirs = facts.map((
    { numaNode: _node, pinned: _pinned, contents: _contents, valueTypeId: _type, ...map },
  ) => map);
  assertEquals(
    spec.maps.map((
      { name, type, keySize, valueSize, maxEntries, flags, mapExtra, keyTypeId },
    ) => ({
      name,
      type,
      keySize,
      valueSize,
      maxEntries,
      flags,
      mapExtra: Number(mapExtra),
      keyTypeId,
    })),
    theirs,
  );
});

test("parseElf() lists programs for struct_ops as libbpf does", { needs: ["cc", "libbpf"] }, () => {
  const theirs = libbpfFacts({ object: join(FOLDER, "struct_ops.bpf.o") }).programs;
  assertEquals(
    spec.programs.map(({ name, section, type, autoload }) => [name, section, type, autoload]),
    theirs.map(({ name, section, type, autoload }) => [name, section, type, autoload]),
  );
});

// From struct_ops.bpf.c.
test("parseElf() reads structs of functions", () => {
  const [plain, second] = spec.maps.map(({ structOps }) => structOps);
  assertEquals(plain?.functions, [
    { member: "ssthresh", offset: 0, program: "on_ssthresh" },
    { member: "undo_cwnd", offset: 8, program: "on_undo_cwnd" },
  ]);
  assertEquals(second?.functions, [
    { member: "undo_cwnd", offset: 8, program: "on_undo_cwnd" },
    { member: "init", offset: 16, program: "on_init" },
  ]);
  assertEquals(plain?.contents.toHex(), "00".repeat(24) + "04030201706c61696e" + "00".repeat(15));
  assertEquals(spec.maps.map(({ valueTypeId }) => valueTypeId), [plain?.typeId, second?.typeId]);
  assertEquals(spec.btf?.nameOf(plain?.typeId ?? 0), "tcp_congestion_ops___small");
  const big = read("struct_ops.bpfeb.o").maps[0]?.structOps;
  assertEquals(big?.contents.toHex(), "00".repeat(24) + "01020304706c61696e" + "00".repeat(15));
  assertEquals(big?.functions, plain?.functions);
});

// BPF_F_LINK is 1 << 13.
test("parseElf() tells apart what is registered by a link, and what only when asked for", {
  needs: ["clang", "libbpf"],
}, () => {
  inTemporaryFolder((folder) => {
    const source = `struct set { int (*go)(void *); int number; };
      SEC("struct_ops") int run(void *ctx) { return 0; }
      SEC(".struct_ops") struct set plain = { .go = run };
      SEC(".struct_ops.link") struct set linked = { .number = 1 };
      SEC("?.struct_ops.link") struct set asked = { .go = run, .number = 2 };
      SEC("?.struct_ops") struct set last = { .number = 3 };`;
    const { maps } = parseElf(readBytes(compileInto(folder, "x", source, ["-g"])), "x.o");
    const facts = maps.map(({ name, flags, autocreate, structOps }) => [
      name,
      flags,
      autocreate,
      structOps?.functions.map(({ program }) => program).join(),
    ]);
    assertEquals(facts.sort(), [
      ["asked", 8192, false, "run"],
      ["last", 0, false, ""],
      ["linked", 8192, true, ""],
      ["plain", 0, true, "run"],
    ]);
  });
});
