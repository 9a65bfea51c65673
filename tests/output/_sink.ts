/**
 * Where tests print to.
 *
 * @module
 */
import type { Sink, Terminal } from "../../src/output/mod.ts";

const ESC = "\x1b";

/** Keeps what is written. */
export class FakeSink implements Sink {
  /** What is said of it. */
  terminal: Terminal;
  /** Each write. */
  readonly writes: string[] = [];
  /** Whether somebody reads. */
  open = true;

  /** A pipe, unless told otherwise. */
  constructor(terminal: Partial<Terminal> = {}) {
    this.terminal = { unicode: true, color: false, interactive: false, ...terminal };
  }

  /** All of it. */
  get text(): string {
    return this.writes.join("");
  }

  /** Keeps the text while somebody reads. */
  write(text: string): boolean {
    if (this.open) this.writes.push(text);
    return this.open;
  }
}

/** Text without its colours. */
export function withoutColors(text: string): string {
  return text.replaceAll(new RegExp(`${ESC}\\[\\d+m`, "g"), "");
}

/** What a terminal shows after it was sent this: lines, the cursor moved up, and erased from it. */
export function shown(text: string): string[] {
  const lines = [""];
  let row = 0;
  let column = 0;
  for (const [token] of text.matchAll(new RegExp(`${ESC}\\[\\d*[AKJ]|[^]`, "gu"))) {
    const line = lines[row] ?? "";
    if (token === "\n") [row, column] = [row + 1, 0];
    else if (token === "\r") column = 0;
    else if (token.endsWith("A") && token.length > 1) row -= Number(token.slice(2, -1));
    else if (token === "\x1b[K") lines[row] = line.slice(0, column);
    else if (token === "\x1b[J") {
      lines[row] = line.slice(0, column);
      lines.length = row + 1;
    } else lines[row] = line.slice(0, column) + token + line.slice(++column);
    lines[row] ??= "";
  }
  return lines;
}
