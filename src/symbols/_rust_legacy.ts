/**
 * Names of Rust before its own scheme: those of C++ with a hash at the end.
 *
 * @module
 */

/** `_ZN`, parts with their lengths, `17h` and 16 hexadecimal digits, and what LLVM appends, which is not told. */
const MANGLED = /^_ZN(.+)17h[\da-f]{16}E(\.[\w.]+)?$/s;
const ESCAPES: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** The name without the hash; `undefined` where it is none of Rust. */
export function demangleRustLegacy(name: string): string | undefined {
  const [, parts = ""] = MANGLED.exec(name) ?? [];
  const path: string[] = [];
  for (let at = 0; at < parts.length;) {
    const [digits = ""] = /^[1-9]\d{0,5}/.exec(parts.slice(at, at + 6)) ?? [];
    const [start, size] = [at + digits.length, Number(digits)];
    if (size === 0 || start + size > parts.length) return undefined;
    path.push(unescape(parts.slice(start, start + size)));
    at = start + size;
  }
  return path.length === 0 ? undefined : path.join("::");
}

function unescape(part: string): string {
  return part.replace(/^_\$/, "$").replace(/\$(\w+)\$|\.\.|\./g, (text, code) => {
    if (text === "..") return "::";
    if (text === ".") return ".";
    const character = /^u([\da-f]{1,6})$/.exec(code)?.[1];
    const point = Number.parseInt(character ?? "", 16);
    return ESCAPES[code] ?? (point <= 0x10_ffff ? String.fromCodePoint(point) : text);
  });
}
