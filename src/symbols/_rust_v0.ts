/**
 * Names of Rust in its own scheme (RFC 2603, "v0").
 *
 * @module
 */
import { Effort, NotMangled, Output } from "./_demangled.ts";
import { punycode } from "./_punycode.ts";

const BASIC_TYPES: Readonly<Record<string, string>> = {
  a: "i8",
  b: "bool",
  c: "char",
  d: "f64",
  e: "str",
  f: "f32",
  h: "u8",
  i: "isize",
  j: "usize",
  l: "i32",
  m: "u32",
  n: "i128",
  o: "u128",
  p: "_",
  s: "i16",
  t: "u16",
  u: "()",
  v: "...",
  x: "i64",
  y: "u64",
  z: "!",
};

/** The name; throws {@linkcode NotMangled} where it is none. */
export function demangleRust(name: string): string {
  // What LLVM appends to names that it makes its own; what else is appended is told
  const [, body = "", suffix = ""] = /^_R(\w*)(?:\.llvm\.[\dA-F]+)?(\..+)?$/s.exec(name) ?? [];
  const text = new Demangler(body).run();
  return suffix === "" ? text : `${text} (${suffix})`;
}

class Demangler {
  readonly #text: string;
  readonly #out = new Output();
  readonly #effort = new Effort();
  #at = 0;
  #silent = false;
  #lifetimes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    if (!/^[A-Z]/.test(this.#text)) this.#fail();
    this.#path(false);
    if (this.#at < this.#text.length) {
      // The crate that made the instance, which is not told
      this.#silent = true;
      this.#path(false);
    }
    if (this.#at < this.#text.length) this.#fail();
    return this.#out.text;
  }

  #fail(): never {
    throw new NotMangled("no name of Rust");
  }

  #print(text: string): void {
    if (!this.#silent) this.#out.add(text);
  }

  #next(): string {
    return this.#text[this.#at++] ?? this.#fail();
  }

  #eat(character: string): boolean {
    const found = this.#text[this.#at] === character;
    if (found) this.#at++;
    return found;
  }

  /** A path; `inType` is where `::` before generic arguments is not needed. `open` leaves out the `>` after these. */
  #path(inType: boolean, open = false): boolean {
    return this.#effort.within(() => this.#pathOf(this.#next(), inType, open));
  }

  /** Whether generic arguments were left open. */
  #pathOf(tag: string, inType: boolean, open: boolean): boolean {
    switch (tag) {
      case "C":
        this.#disambiguator();
        this.#print(this.#identifier());
        return false;
      case "M":
      case "X":
        this.#silently(() => {
          this.#disambiguator();
          this.#path(inType);
        });
        this.#asTrait(tag === "X");
        return false;
      case "Y":
        this.#asTrait(true);
        return false;
      case "N":
        this.#nested(inType);
        return false;
      case "I":
        this.#path(inType);
        this.#print(inType ? "<" : "::<");
        this.#list(() => this.#genericArgument());
        if (!open) this.#print(">");
        return open;
      case "B":
        return this.#back(() => this.#path(inType, open)) ?? false;
      default:
        this.#fail();
    }
  }

  #asTrait(hasTrait: boolean): void {
    this.#print("<");
    this.#type();
    if (hasTrait) {
      this.#print(" as ");
      this.#path(true);
    }
    this.#print(">");
  }

  #nested(inType: boolean): void {
    const space = this.#next();
    if (!/[A-Za-z]/.test(space)) this.#fail();
    this.#path(inType);
    const number = this.#disambiguator();
    const name = this.#identifier();
    if (space >= "A" && space <= "Z") {
      const kind = { C: "closure", S: "shim" }[space] ?? space;
      this.#print(`::{${kind}${name && `:${name}`}#${number}}`);
    } else if (name !== "") {
      this.#print(`::${name}`);
    }
  }

  #genericArgument(): void {
    if (this.#eat("L")) this.#lifetime(this.#base62());
    else if (this.#eat("K")) this.#constant();
    else this.#type();
  }

  #type(): void {
    this.#effort.within(() => this.#typeOf(this.#next()));
  }

  #typeOf(tag: string): void {
    const basic = BASIC_TYPES[tag];
    if (basic !== undefined) return this.#print(basic);
    switch (tag) {
      case "A":
      case "S":
        this.#print("[");
        this.#type();
        if (tag === "A") {
          this.#print("; ");
          this.#constant();
        }
        return this.#print("]");
      case "T": {
        this.#print("(");
        const count = this.#list(() => this.#type());
        return this.#print(count === 1 ? ",)" : ")");
      }
      case "R":
      case "Q":
        this.#print("&");
        if (this.#eat("L")) {
          const lifetime = this.#base62();
          if (lifetime > 0) {
            this.#lifetime(lifetime);
            this.#print(" ");
          }
        }
        if (tag === "Q") this.#print("mut ");
        return this.#type();
      case "P":
      case "O":
        this.#print(tag === "P" ? "*const " : "*mut ");
        return this.#type();
      case "F":
        return this.#bound(() => this.#function());
      case "D":
        this.#print("dyn ");
        this.#bound(() => this.#list(() => this.#dynTrait(), " + "));
        if (!this.#eat("L")) this.#fail();
        return this.#dynLifetime(this.#base62());
      case "B":
        this.#back(() => this.#type());
        return;
      default:
        this.#at--;
        this.#path(true);
    }
  }

  #dynLifetime(lifetime: number): void {
    if (lifetime === 0) return;
    this.#print(" + ");
    this.#lifetime(lifetime);
  }

  #function(): void {
    if (this.#eat("U")) this.#print("unsafe ");
    if (this.#eat("K")) {
      const abi = this.#eat("C") ? "C" : this.#identifier().replaceAll("_", "-");
      this.#print(`extern "${abi}" `);
    }
    this.#print("fn(");
    this.#list(() => this.#type());
    this.#print(")");
    if (this.#eat("u")) return;
    this.#print(" -> ");
    this.#type();
  }

  #dynTrait(): void {
    let open = this.#path(true, true);
    while (this.#eat("p")) {
      this.#print(open ? ", " : "<");
      open = true;
      this.#print(`${this.#identifier()} = `);
      this.#type();
    }
    if (open) this.#print(">");
  }

  #constant(): void {
    this.#effort.within(() => this.#constantOf(this.#next()));
  }

  #constantOf(tag: string): void {
    if (tag === "B") {
      this.#back(() => this.#constant());
      return;
    }
    if (tag === "p") return this.#print("_");
    if (tag === "b") return this.#print(this.#hexadecimal() === 0n ? "false" : "true");
    if (tag === "c") {
      const point = Number(this.#hexadecimal());
      if (point > 0x10_ffff) this.#fail();
      const character = String.fromCodePoint(point);
      return this.#print(
        `'${ESCAPED[character] ?? (isPlain(point) ? character : `\\u{${point.toString(16)}}`)}'`,
      );
    }
    if (!"aslxnihtmyoj".includes(tag)) this.#fail();
    const sign = this.#eat("n") ? "-" : "";
    this.#print(`${sign}${this.#hexadecimal()}`);
  }

  #hexadecimal(): bigint {
    const end = this.#text.indexOf("_", this.#at);
    const digits = this.#text.slice(this.#at, end);
    if (end < 0 || !/^[\da-f]{0,32}$/.test(digits)) this.#fail();
    this.#at = end + 1;
    return BigInt(`0x${digits || "0"}`);
  }

  /** What `for<'a>` says, and what it is said of. */
  #bound(use: () => void): void {
    const before = this.#lifetimes;
    const count = this.#eat("G") ? this.#base62() + 1 : 0;
    if (count > 100) this.#fail();
    if (count > 0) {
      this.#print("for<");
      for (let index = 0; index < count; index++) {
        if (index > 0) this.#print(", ");
        this.#lifetimes++;
        this.#lifetime(1);
      }
      this.#print("> ");
    }
    use();
    this.#lifetimes = before;
  }

  /** 0 is one that is not told; 1 the one that was bound last. */
  #lifetime(index: number): void {
    if (index === 0) return this.#print("'_");
    const depth = this.#lifetimes - index;
    if (depth < 0) this.#fail();
    this.#print(depth < 26 ? `'${String.fromCharCode(0x61 + depth)}` : `'z${depth - 25}`);
  }

  /** Elements up to `E`. Returns how many there are. */
  #list(element: () => void, between = ", "): number {
    let count = 0;
    while (!this.#eat("E")) {
      if (count++ > 0) this.#print(between);
      element();
    }
    return count;
  }

  #back<T>(use: () => T): T | undefined {
    const start = this.#at - 1;
    const target = this.#base62();
    if (target >= start) this.#fail();
    if (this.#silent) return undefined;
    const after = this.#at;
    this.#at = target;
    const result = use();
    this.#at = after;
    return result;
  }

  #silently(use: () => void): void {
    const before = this.#silent;
    this.#silent = true;
    use();
    this.#silent = before;
  }

  #disambiguator(): number {
    return this.#eat("s") ? this.#base62() + 1 : 0;
  }

  /** `_` is 0, `0_` is 1. */
  #base62(): number {
    const end = this.#text.indexOf("_", this.#at);
    if (end < 0 || end - this.#at > 12) this.#fail();
    let value = 0;
    for (; this.#at < end; this.#at++) {
      const digit = DIGITS.indexOf(this.#text[this.#at] ?? "");
      if (digit < 0) this.#fail();
      value = value * 62 + digit + (this.#at === end - 1 ? 1 : 0);
    }
    this.#at++;
    return value;
  }

  #identifier(): string {
    const isPunycode = this.#eat("u");
    const [digits = ""] = /^(0|[1-9]\d{0,5})/.exec(this.#text.slice(this.#at, this.#at + 6)) ?? [];
    if (digits === "") this.#fail();
    this.#at += digits.length;
    this.#eat("_");
    const end = this.#at + Number(digits);
    if (end > this.#text.length) this.#fail();
    const name = this.#text.slice(this.#at, end);
    this.#at = end;
    return isPunycode ? punycode(name) : name;
  }
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ESCAPED: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\r": "\\r",
  "\n": "\\n",
  "\\": "\\\\",
  '"': '"',
  "'": "\\'",
};

function isPlain(point: number): boolean {
  return point >= 0x20 && point < 0x7f;
}
