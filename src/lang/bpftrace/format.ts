/**
 * Formats of `printf()`, as C has them.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import { typeText, type ValueType } from "./types.ts";

/** A piece of a format: text as it is, or a place for a value. */
export type Piece = string | Specifier;

/** A place for a value. */
export interface Specifier {
  /** As written: `%-16s`. */
  readonly text: string;
  readonly left: boolean;
  readonly zeroes: boolean;
  /** `+` or a space before numbers that are not below 0. */
  readonly sign: string;
  readonly alternative: boolean;
  readonly width: number;
  readonly precision: number | undefined;
  /** How many bytes of an integer count. */
  readonly size: 1 | 2 | 4 | 8;
  /** `d`, `s`, `rx`, …. */
  readonly conversion: string;
}

const SPECIFIER = /%([-+ 0#]*)(\d*)(?:\.(\d+))?(hh|h|ll|l|j|z|t)?(rx|rh|r|[a-zA-Z])|%%/g;
const SIZES: Readonly<Record<string, Specifier["size"]>> = { hh: 1, h: 2, l: 8, ll: 8, j: 8, z: 8, t: 8 };

/** Takes a format apart. */
export function parseFormat(format: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of format.matchAll(SPECIFIER)) {
    const [text, flags = "", width = "", precision, length = "", conversion] = match;
    if (match.index > at) pieces.push(format.slice(at, match.index));
    at = match.index + text.length;
    if (conversion === undefined) pieces.push("%");
    else {
      pieces.push({
        text,
        left: flags.includes("-"),
        zeroes: flags.includes("0"),
        sign: flags.includes("+") ? "+" : flags.includes(" ") ? " " : "",
        alternative: flags.includes("#"),
        width: Number(width),
        precision: precision === undefined ? undefined : Number(precision),
        size: SIZES[length] ?? 4,
        conversion,
      });
    }
  }
  if (at < format.length) pieces.push(format.slice(at));
  return pieces;
}

const NUMBERS = new Set(["d", "i", "u", "x", "X", "o", "c", "p"]);
const TEXTS = new Set([
  "string",
  "ksym",
  "usym",
  "inet",
  "mac",
  "username",
  "timestamp",
  "cgroupPath",
  "stack",
]);

/**
 * Checks that there is a value of the right kind for each place.
 *
 * @throws {Fault} There is none.
 */
export function checkFormat(name: string, format: string, types: readonly ValueType[], place: Place): void {
  const wanted = parseFormat(format).filter((piece) => typeof piece !== "string");
  if (wanted.length !== types.length) {
    throw new Fault(
      place,
      `the format of ${name}() has ${wanted.length} places, and there are ${types.length} values`,
    );
  }
  wanted.forEach(({ text, conversion }, i) => {
    const type = types[i];
    if (!type || fits(conversion, type)) return;
    throw new Fault(place, `${text} is not for ${typeText(type)}`, `take ${usual(type)}`);
  });
}

function fits(conversion: string, { kind }: ValueType): boolean {
  if (kind === "none") return true;
  if (conversion === "s") return TEXTS.has(kind);
  if (conversion.startsWith("r")) return kind === "buffer";
  return NUMBERS.has(conversion) && (kind === "int" || kind === "pointer");
}

function usual({ kind }: ValueType): string {
  return kind === "buffer" ? "%r" : TEXTS.has(kind) ? "%s" : "%d";
}

/** Writes values into the places of a format: texts as such, numbers as bigints. */
export function formatPieces(pieces: readonly Piece[], values: readonly (string | bigint)[]): string {
  let next = 0;
  return pieces.map((piece) => typeof piece === "string" ? piece : formatOne(piece, values[next++] ?? ""))
    .join("");
}

function formatOne(specifier: Specifier, value: string | bigint): string {
  if (typeof value === "string") {
    const { precision, conversion } = specifier;
    return pad(specifier, conversion === "s" && precision !== undefined ? cut(value, precision) : value);
  }
  const { conversion, precision } = specifier;
  if (conversion === "c") return pad(specifier, String.fromCharCode(Number(value & 0xffn)));
  const [sign, digits, prefix] = digitsOf(specifier, value);
  const filled = precision === undefined ? digits : digits.padStart(precision, "0");
  const zeroes = specifier.zeroes && !specifier.left && precision === undefined;
  const before = sign + prefix;
  if (zeroes) return before + filled.padStart(specifier.width - before.length, "0");
  return pad(specifier, before + filled);
}

function digitsOf(
  { conversion, size, sign, alternative }: Specifier,
  value: bigint,
): [sign: string, digits: string, prefix: string] {
  const bits = size * 8;
  switch (conversion) {
    case "d":
    case "i": {
      const number = BigInt.asIntN(bits, value);
      return [number < 0n ? "-" : sign, `${number < 0n ? -number : number}`, ""];
    }
    case "p":
      return value === 0n ? ["", "(nil)", ""] : ["", BigInt.asUintN(64, value).toString(16), "0x"];
    default: {
      const number = BigInt.asUintN(bits, value);
      if (conversion === "u") return ["", `${number}`, ""];
      if (conversion === "o") return ["", number.toString(8), alternative ? "0" : ""];
      const text = number.toString(16);
      const prefix = alternative && number !== 0n ? "0x" : "";
      return conversion === "X" ? ["", text.toUpperCase(), prefix.toUpperCase()] : ["", text, prefix];
    }
  }
}

const encoder = new TextEncoder();

/** C counts bytes. */
function pad({ left, width }: Specifier, text: string): string {
  const missing = width - byteLength(text);
  if (missing <= 0) return text;
  return left ? text + " ".repeat(missing) : " ".repeat(missing) + text;
}

function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text);
}

function byteLength(text: string): number {
  return isAscii(text) ? text.length : encoder.encode(text).length;
}

function cut(text: string, bytes: number): string {
  if (isAscii(text)) return text.slice(0, bytes);
  return new TextDecoder().decode(encoder.encode(text).subarray(0, bytes));
}
