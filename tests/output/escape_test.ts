import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { escapeControls } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { random, randomText } from "./_random.ts";

test("escapeControls() writes out what a terminal would obey", () => {
  assertEquals(escapeControls("plain größe 日本 🐝 \\"), "plain größe 日本 🐝 \\");
  assertEquals(escapeControls("\x1b[31mred\x1b]0;title\x07"), "\\e[31mred\\e]0;title\\x07");
  assertEquals(escapeControls("a\nb\rc\td\0\x7f\x9b2J"), "a\\nb\\rc\\td\\x00\\x7f\\x9b2J");
  assertEquals(
    escapeControls("cod\u202egpj.exe\u2028\u200b\ufeff"),
    "cod\\u{202e}gpj.exe\\u{2028}\\u{200b}\\u{feff}",
  );
  assertEquals(escapeControls("half \ud800 pair"), "half \\u{d800} pair");
});

test("escapeControls() leaves what joins emoji and letters", () => {
  assertEquals(escapeControls("👨‍👩‍👧 नमस्‍ते"), "👨‍👩‍👧 नमस्‍ते");
});

test("escapeControls() leaves ASCII only where there is no Unicode", () => {
  assertEquals(escapeControls("größe 🐝\n", false), "gr\\xf6\\xdfe \\u{1f41d}\\n");
});

test("escapeControls() lets no control character through", () => {
  const next = random(1);
  for (let i = 0; i < 3000; i++) {
    const text = randomText(next);
    assertNotMatch(escapeControls(text), /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
    assertMatch(escapeControls(text, false), /^[ -~]*$/);
  }
});
