import { assertEquals } from "@std/assert";
import { checkLayers } from "../../scripts/check_layers.ts";
import { test } from "../_harness.ts";

/** The violations of one file that has this text. */
function check(path: string, text: string): string[] {
  return checkLayers(new Map([[path, text]]));
}

test("checkLayers() accepts a room that imports lower ones by their mod.ts", () => {
  assertEquals(
    check(
      "src/map/hash.ts",
      `import { bpf } from "../sys/mod.ts";\nimport type { Codec } from "../codec/mod.ts";`,
    ),
    [],
  );
  assertEquals(
    check(
      "src/map/hash.ts",
      `import { ClosedError } from "../errors.ts";\nimport { x } from "./_scratch.ts";`,
    ),
    [],
  );
  assertEquals(check("mod.ts", `export { load } from "./src/object/mod.ts";`), []);
});

test("checkLayers() refuses an import upwards or sideways", () => {
  assertEquals(check("src/sys/bpf.ts", `import { x } from "../map/mod.ts";`), [
    "src/sys/bpf.ts:1: src/sys may not import src/map: not below it",
  ]);
  assertEquals(check("src/asm/a.ts", `import { x } from "../codec/mod.ts";`), [
    "src/asm/a.ts:1: src/asm may not import src/codec: not below it",
  ]);
});

test("checkLayers() keeps the pure half from the kernel half, types included", () => {
  assertEquals(check("src/elf/a.ts", `\nimport type { X } from "../sys/mod.ts";`), [
    "src/elf/a.ts:2: the pure half may not import src/sys",
  ]);
});

test("checkLayers() lets only src/sys into ffi", () => {
  assertEquals(check("src/sys/raw.ts", `import { native } from "../../ffi/mod.ts";`), []);
  assertEquals(check("src/map/a.ts", `import { native } from "../../ffi/mod.ts";`), [
    "src/map/a.ts:1: only src/sys may import ffi",
  ]);
});

test("checkLayers() keeps rooms closed and private files in their folder", () => {
  assertEquals(check("src/btf/a.ts", `export * from "../codec/int.ts";`), [
    "src/btf/a.ts:1: enters src/codec by src/codec/int.ts instead of its mod.ts",
  ]);
  assertEquals(check("src/lang/emit/a.ts", `import "../_scope.ts";`), [
    "src/lang/emit/a.ts:1: src/lang/_scope.ts is private to its folder",
  ]);
  assertEquals(check("src/attic/a.ts", `import "../asm/mod.ts";`), [
    "src/attic/a.ts:1: src/attic is not in the table of rooms",
  ]);
});

test("checkLayers() keeps packages in their place", () => {
  assertEquals(check("src/cli/main.ts", `import { parseArgs } from "@std/cli";`), []);
  assertEquals(check("src/elf/a.ts", `import { x } from "@std/bytes";\nconst y = import("node:fs");`), [
    `src/elf/a.ts:1: may not import "@std/bytes"`,
    `src/elf/a.ts:2: may not import "node:fs"`,
  ]);
});

test("checkLayers() keeps names in their file, in code but not in comments or messages", () => {
  assertEquals(check("ffi/deno.ts", `Deno.dlopen("x");`), []);
  assertEquals(
    check("src/sys/a.ts", `// Deno\n/* Bun\n console */\nthrow new Error("neither Deno // nor Bun");`),
    [],
  );
  assertEquals(
    check(
      "src/sys/a.ts",
      `const a = "https://x"; Deno.exit();\nnew Function("a"); console.log(1); get("bun:ffi");`,
    ),
    [
      "src/sys/a.ts:1: may not name Deno",
      "src/sys/a.ts:2: may not name Bun",
      "src/sys/a.ts:2: may not name new Function",
      "src/sys/a.ts:2: may not name console",
    ],
  );
});

test("checkLayers() finds cycles between files, unless of types", () => {
  const circle = (kind: string) =>
    checkLayers(
      new Map([
        ["src/asm/a.ts", `import { b } from "./b.ts";`],
        ["src/asm/b.ts", `import ${kind}{ a } from "./a.ts";`],
      ]),
    );
  assertEquals(circle(""), ["src/asm/a.ts: imports itself: src/asm/a.ts -> src/asm/b.ts -> src/asm/a.ts"]);
  assertEquals(circle("type "), []);
});

test("checkLayers() wants files of at most 400 lines", () => {
  assertEquals(check("src/asm/a.ts", "\n".repeat(400)), []);
  assertEquals(check("src/asm/a.ts", "\n".repeat(401)), ["src/asm/a.ts: 401 lines, more than 400"]);
});
