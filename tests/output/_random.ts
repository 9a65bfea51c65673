/**
 * Random text and numbers, the same in each run.
 *
 * @module
 */

/** Numbers from 0 up to 1: mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

const PIECES = [
  "a",
  "name",
  "/usr/bin/",
  "é",
  "e\u0301",
  "日本",
  "🐝",
  "👨‍👩‍👧",
  "🇩🇪",
  "❤️",
  " ",
  "\x1b[2J",
  "\x1b]0;t\x07",
  "\n",
  "\r\t",
  "\0",
  "\x7f",
  "\x9b1A",
  "\u202e",
  "\u2028",
  "\ud800",
  "\udc00",
  "\u00ad",
  "\ufeff",
  "\\",
  "한국어",
  "ᄀ",
  "ｱ",
  "\u{e0041}",
];

/** Text with all that terminals take amiss. */
export function randomText(next: () => number): string {
  const length = Math.floor(next() * 12);
  return Array.from({ length }, () => PIECES[Math.floor(next() * PIECES.length)]).join("");
}
