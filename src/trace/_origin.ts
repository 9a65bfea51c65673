/**
 * Where in its file a kernel function is. Asked for when something is wrong with it.
 *
 * @module
 */
import type { Origin, Place } from "../lang/mod.ts";
import { readTextFile } from "../sys/mod.ts";

/** A position in a file. */
interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A function of any kind, for what is known of all. */
export type AnyFunction = (...args: never[]) => unknown;

/**
 * Where a kernel function of this text is from, which a script handed to the library that is running now.
 *
 * What a runtime makes of TypeScript has other lines than the file: a place is found by the word there, and how often the word
 * comes before it.
 */
export function originOf(text: string): Origin {
  const frames = callers();
  const [nearest] = frames;
  let known: { readonly found: Definition | undefined } | undefined;
  // Files are read when somebody asks: the calls are known now alone
  const definition = () => (known ??= { found: definitionOf(text, frames) }).found;
  return {
    locate(place) {
      const found = definition();
      const file = (found?.file ?? nearest?.file ?? "function").replace(/^file:\/\//, "");
      if (!found) {
        return nearest ? { ...place, file, line: nearest.line + place.line - 1 } : { ...place, file };
      }
      const at = sameWord(text, place, found.source, found.begin);
      return at === undefined ? { ...nearest ?? place, file } : { ...positionAt(found.source, at), file };
    },
  };
}

/** A function in its file. */
interface Definition {
  readonly file: string;
  readonly source: string;
  /** In characters from the start of the file. */
  readonly begin: number;
  /** How many words of the function the file has there. */
  readonly alike: number;
}

/**
 * The place that is most alike: not always of the innermost call, for Bun forgets those whose result is returned, nor the first
 * in a file.
 */
function definitionOf(text: string, frames: readonly Position[]): Definition | undefined {
  const pattern = headPattern(text);
  const words = bare(text).match(WORD) ?? [];
  let best: Definition | undefined;
  for (const frame of frames) {
    const source = sourceOf(frame.file);
    if (source === undefined) continue;
    const plain = bare(source);
    const called = offsetOf(source, frame);
    const places = [...plain.matchAll(pattern)].map(({ index }) => index);
    // First those behind the call; before it is what the script gave a name
    for (const begin of [...places.filter((at) => at >= called), ...places.filter((at) => at < called)]) {
      const alike = sharedWords(words, plain.slice(begin));
      if (alike > (best?.alike ?? 0)) best = { file: frame.file, source, begin, alike };
    }
  }
  return best;
}

/** The library's own folder, whose frames are not the script's. */
const OWN = new URL("../", import.meta.url).href;
const OWN_PATH = OWN.replace(/^file:\/\//, "");

/** More frames than the library has. */
const DEPTH = 50;

/** Where the script called the library from, which is running now, the innermost call first. */
function callers(): Position[] {
  const limit: { stackTraceLimit?: number } = Error;
  const before = limit.stackTraceLimit;
  limit.stackTraceLimit = DEPTH;
  const { stack = "" } = new Error();
  if (before !== undefined) limit.stackTraceLimit = before;
  return stack.split("\n").flatMap((line) => {
    const [, file, row, column] = /(?:\(|at (?:async )?)([^()\s]+):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (file === undefined || row === undefined || !/^(?:file:\/\/)?\//.test(file)) return []; // of the runtime
    if (file.startsWith(OWN) || file.startsWith(OWN_PATH)) return [];
    return [{ file, line: Number(row), column: Number(column) }];
  });
}

function sourceOf(file: string): string | undefined {
  try {
    const path = file.startsWith("file://") ? decodeURIComponent(new URL(file).pathname) : file;
    return path.startsWith("/") ? readTextFile(path) : undefined;
  } catch {
    return undefined; // of a bundle, or moved: what is missing is only the line
  }
}

const WORD = /[\w$]+/g;
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//g;

/** The text with spaces in the place of comments, of which runtimes leave some out. */
function bare(text: string): string {
  return text.replace(COMMENT, (comment) => comment.replace(/[^\n]/g, " "));
}

/** What the text of the function begins with: its parameters, which may have types in the file. */
function headPattern(text: string): RegExp {
  const head = /^[^]*?(?:=>|\)\s*\{)/.exec(bare(text))?.[0] ?? "";
  const tokens = head.match(/[\w$]+|[^\s\w$]/g) ?? [];
  const escaped = tokens.map((token) => token.replace(/[^\w]/g, "\\$&"));
  return new RegExp(escaped.join("(?:\\s*:(?:[^=]|=>){0,80}?)?[\\s,]*"), "g");
}

function offsetOf(source: string, { line, column }: Position): number {
  const lines = source.split("\n").slice(0, line - 1);
  return lines.reduce((sum, { length }) => sum + length + 1, 0) + column - 1;
}

/** How many words come before one that is not there: in the file there are types between them. */
const MOST_BETWEEN = 8;

/** How many of the words a text has in this order. */
function sharedWords(words: readonly string[], source: string): number {
  let [count, between] = [0, 0];
  for (const [word] of source.matchAll(WORD)) {
    if (word === words[count]) [count, between] = [count + 1, 0];
    else if (between++ === MOST_BETWEEN) break;
  }
  return count;
}

/** Where the same word comes for as many times. */
function sameWord(text: string, { offset }: Place, source: string, begin: number): number | undefined {
  const words = [...bare(text).matchAll(WORD)];
  const at = words.findIndex(({ index, 0: word }) => index + word.length > offset);
  const word = words[at]?.[0];
  if (word === undefined) return undefined;
  const before = words.slice(0, at).filter(([other]) => other === word).length;
  let left = before;
  for (const { 0: other, index } of bare(source).slice(begin).matchAll(WORD)) {
    if (other === word && left-- === 0) return begin + index;
  }
  return undefined;
}

function positionAt(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
