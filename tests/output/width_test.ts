import { assertEquals } from "@std/assert";
import { escapeControls, textWidth } from "../../src/output/mod.ts";
import { elide, fit } from "../../src/output/width.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { random, randomText } from "./_random.ts";

test("textWidth() counts the columns that terminals use", () => {
  const widths = {
    "": 0,
    abc: 3,
    "größe": 5,
    "e\u0301": 1,
    "日本語": 6,
    "ｱｲｳ": 3,
    "ＡＢ": 4,
    "🐝": 2,
    "🇩🇪": 2,
    "❤️": 2,
    "❤": 1,
    "한": 2,
    "█▏│…": 4,
  };
  for (const [text, width] of Object.entries(widths)) assertEquals(textWidth(text), width, text);
});

test("textWidth() is 2 for what Unicode calls wide", { needs: ["perl"] }, () => {
  // What Perl's Unicode has as characters that stand for themselves, with a W where they are wide
  const script = `for my $c (0x20..0x3fffd) { my $s = chr $c;
    next if $s =~ /\\p{C}|\\p{M}/;
    print $c, $s =~ /\\p{EA=W}|\\p{EA=F}/ ? "W" : "", " "; }`;
  const wrong = run("perl", ["-e", script]).trim().split(" ").filter((entry) => {
    const code = parseInt(entry);
    const jamo = code >= 0x1160 && code <= 0x11ff; // no columns of their own
    const newer = code >= 0x4dc0 && code <= 0x4dff || code >= 0x1d300 && code <= 0x1d376; // wide since Unicode 16
    return !jamo && !newer && (textWidth(String.fromCodePoint(code)) === 2) !== entry.endsWith("W");
  });
  assertEquals(wrong, []);
});

test("elide() and fit() keep to the width and cut no character in two", () => {
  assertEquals(elide("abcdef", 6, "…"), "abcdef");
  assertEquals(elide("abcdefg", 6, "…"), "abcde…");
  assertEquals(elide("abcdefg", 6, "..."), "abc...");
  assertEquals(elide("日本語", 4, "…"), "日…");
  assertEquals(elide("e\u0301e\u0301e\u0301", 2, "…"), "e\u0301…");
  assertEquals(elide("👨‍👩‍👧x", 4, "…"), "…");
  assertEquals(elide("abc", 2, "..."), "..");
  assertEquals(elide("abc", 0, "…"), "");
  assertEquals(fit("日本語", 4, "right", "…"), " 日…");
  assertEquals(fit("ab", 4, "left", "…"), "ab  ");
});

test("fit() gives exactly the width, whatever the text", () => {
  const next = random(2);
  for (let i = 0; i < 2000; i++) {
    const text = escapeControls(randomText(next));
    const width = Math.floor(next() * 20);
    const mark = next() < 0.5 ? "…" : "...";
    assertEquals(textWidth(fit(text, width, "left", mark)), width, JSON.stringify(text));
  }
});
