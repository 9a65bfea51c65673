/**
 * How many columns of a terminal text takes.
 *
 * @module
 */

const ASCII = /^[\x20-\x7e]*$/;
/** Marks that stand on the character before. */
const ZERO = /^[\p{Mn}\p{Me}\u200b-\u200d\u1160-\u11ff]$/u;
const EMOJI_VARIATION = "\ufe0f";
/**
 * East_Asian_Width W and F of Unicode 16, where that is not an emoji: these have a property of their own. A flag is two
 * letters of one column each.
 */
const WIDE =
  /^(?![\u{1f1e6}-\u{1f1ff}])[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2fb}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

/**
 * The columns that text takes on a terminal: 2 for East Asian and emoji characters, none for combining ones. Emoji that are
 * joined count one by one, as most terminals draw them.
 *
 * The text holds no control characters: see {@linkcode escapeControls}.
 */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  let last = 0;
  for (const character of text) {
    const here = characterWidth(character);
    if (character === EMOJI_VARIATION && last === 1) width++;
    width += here;
    last = here;
  }
  return width;
}

function characterWidth(character: string): number {
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Text in exactly `width` columns: cut, with `mark` at its end, or filled up with spaces. */
export function fit(text: string, width: number, align: "left" | "right", mark: string): string {
  const cut = elide(text, width, mark);
  const space = " ".repeat(Math.max(0, width - textWidth(cut)));
  return align === "left" ? cut + space : space + cut;
}

/** Text in at most `width` columns; ends with `mark` where it was cut. Characters of several code points stay whole. */
export function elide(text: string, width: number, mark: string): string {
  if (textWidth(text) <= width) return text;
  const room = width - mark.length;
  if (room < 0) return mark.slice(0, Math.max(0, width));
  if (ASCII.test(text)) return text.slice(0, room) + mark;
  let kept = "";
  let taken = 0;
  for (const { segment } of new Intl.Segmenter("en").segment(text)) {
    taken += textWidth(segment);
    if (taken > room) break;
    kept += segment;
  }
  return kept + mark;
}
