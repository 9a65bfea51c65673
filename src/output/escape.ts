/**
 * Names that come from the kernel, made harmless: whoever names a process or file writes to the terminal of who looks at it.
 *
 * @module
 */

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e" };

/** Control characters, halves of surrogate pairs, line separators, and what is invisible or turns the writing around. */
const HARMFUL = /(?![\u200c\u200d])[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** The same, and what ASCII has not. */
const HARMFUL_OR_NOT_ASCII = /[^\x20-\x7e]/gu;

/**
 * Writes out what a terminal would obey rather than show: control characters and escape sequences, line breaks, marks
 * that reverse the direction of the text. Without `unicode`, all that is not ASCII too.
 *
 * @example
 * ```ts
 * import { escapeControls } from "@waggle/ebpf/output";
 *
 * escapeControls("evil\x1b[2J"); // evil\e[2J
 * ```
 */
export function escapeControls(text: string, unicode = true): string {
  return text.replace(unicode ? HARMFUL : HARMFUL_OR_NOT_ASCII, escape);
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`);
}
