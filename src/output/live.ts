/**
 * Text that is redrawn in place.
 *
 * @module
 */
import type { Sink, Terminal } from "./sink.ts";
import { ellipsis, type Printable } from "./style.ts";
import { elide, textWidth } from "./width.ts";

const ESC = "\x1b";
const COLOR = new RegExp(`${ESC}\\[\\d+m`, "g");
/** Erases from the cursor to the end of the line, and of the screen. */
const ERASE_LINE = `${ESC}[K`;
const ERASE_BELOW = `${ESC}[J`;

/**
 * A block of lines at the end of what was printed. On a terminal, drawing again replaces it, and it is never longer than the
 * screen; elsewhere each drawing follows the one before, after an empty line.
 *
 * The cursor stands below the block between drawings and is never hidden, so that whatever ends the script leaves the
 * terminal as it was.
 */
export class LiveBlock {
  readonly #sink: Sink;
  /** Columns of each line on the screen. */
  #drawn: readonly number[] = [];
  #started = false;

  /** Draws to a sink. */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Draws. Returns whether somebody still reads. */
  draw(what: string | Printable): boolean {
    const { terminal } = this.#sink;
    const text = typeof what === "string" ? what : what.format(terminal);
    if (!terminal.interactive) {
      const gap = this.#started ? "\n" : "";
      this.#started = true;
      return this.#sink.write(`${gap}${text}\n`);
    }
    const lines = text.split("\n").slice(0, screenful(terminal)).map((line) => cut(line, terminal));
    const up = this.#height(terminal);
    this.#drawn = lines.map((line) => textWidth(line.replace(COLOR, "")));
    const back = up === 0 ? "\r" : `\r${ESC}[${up}A`;
    // Erased before it is written: once a line is full, the cursor still stands on its last character
    const body = lines.map((line) => `${ERASE_LINE}${line}\n`).join("");
    return this.#sink.write(`${back}${body}${ERASE_BELOW}`);
  }

  /** Lines that the last drawing takes now: a terminal that became narrower has wrapped the longer ones. */
  #height({ width, height }: Terminal): number {
    const lines = this.#drawn.reduce(
      (sum, drawn) => sum + Math.max(1, Math.ceil(drawn / (width ?? Infinity))),
      0,
    );
    return Math.min(lines, (height ?? Infinity) - 1);
  }
}

/** The cursor takes the last line. */
function screenful({ height }: Terminal): number {
  return Math.max(1, (height ?? Infinity) - 1);
}

/** A line in the width of the terminal; one that must be cut loses its colours. */
function cut(line: string, terminal: Terminal): string {
  const plain = line.replace(COLOR, "");
  if (terminal.width === undefined || textWidth(plain) <= terminal.width) return line;
  return elide(plain, terminal.width, ellipsis(terminal));
}
