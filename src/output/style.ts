/**
 * How text is laid out: how wide, in which characters, with colour or not.
 *
 * @module
 */

/** What text may use. */
export interface Style {
  /** Columns a line may take; without, tables take what they need and histograms 80. */
  readonly width?: number | undefined;
  /** Whether to draw with characters that ASCII has not; without, these are written out where they occur in names. */
  readonly unicode: boolean;
  /** Whether to colour. */
  readonly color: boolean;
}

/** Unicode without colour, as wide as it needs. */
export const PLAIN: Style = { unicode: true, color: false };

/** Something that can be laid out: a table, a histogram. */
export interface Printable {
  /** As text of one or more lines, without a line break at its end. */
  format(style: Style): string;
  /** As text without colour. */
  toString(): string;
}

/** The mark of text that was cut. */
export function ellipsis({ unicode }: Style): string {
  return unicode ? "…" : "...";
}

/** Text in bold, where colour is allowed. */
export function bold(text: string, { color }: Style): string {
  return color && text !== "" ? `\x1b[1m${text}\x1b[22m` : text;
}

/** Text in the colour of bars, where colour is allowed. */
export function tinted(text: string, { color }: Style): string {
  return color && text !== "" ? `\x1b[36m${text}\x1b[39m` : text;
}
