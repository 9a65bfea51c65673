/**
 * How tracepoints print their fields: the `print fmt` of their formats, for the names of flags and numbers, and for addresses.
 *
 * @module
 */
import type { FieldSpec, Names } from "../lang/mod.ts";

/** How a field is printed that is more than a number. */
export interface Printed {
  readonly names?: Names;
  readonly address?: NonNullable<FieldSpec["address"]>;
}

/** The fields that a format prints by names, or as addresses. */
export function parsePrint(format: string): Map<string, Printed> {
  const printed = new Map<string, Printed>();
  const print = /^print fmt: (.*)$/ms.exec(format)?.[1] ?? "";
  const [text = "", ...args] = split(print);
  const conversions = [...text.matchAll(CONVERSION)].filter(([whole]) => whole !== "%%");
  args.forEach((arg, i) => {
    const [, kind = ""] = conversions[i] ?? [];
    const field = plainField(arg);
    const address = ADDRESSES[kind];
    if (field !== undefined && address) printed.set(field, { address });
    const named = namesIn(arg);
    if (named && !printed.has(named.field)) printed.set(named.field, { names: named.names });
  });
  for (const arg of args) addSuffix(printed, arg);
  return printed;
}

/** A conversion of printk, with its letters. */
const CONVERSION = /%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:[hlLzjt]*)(p[A-Za-z]*\d*[a-z]*|[a-zA-Z%])/g;

const ADDRESSES: Readonly<Record<string, Printed["address"]>> = {
  pI4: "ipv4",
  pI6: "ipv6",
  pI6c: "ipv6",
  pM: "mac",
};

/** What is between commas that are in no parentheses, braces or strings. */
function split(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[(){},]/g)) {
    if (token === "(" || token === "{") depth++;
    if (token === ")" || token === "}") depth--;
    if (token !== "," || depth > 0) continue;
    parts.push(text.slice(start, index).trim());
    start = index + 1;
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/** The field that an expression is, without casts and parentheses. */
function plainField(expression: string): string | undefined {
  return /^[(\s]*REC->(\w+)[)\s]*$/.exec(withoutCasts(expression))?.[1];
}

const CALL = /__print_(flags|symbolic)\w*\s*\(/;

/** The names that an argument prints for a field, which may be masked. */
function namesIn(arg: string): { readonly field: string; readonly names: Names } | undefined {
  const call = CALL.exec(arg);
  if (!call) return undefined;
  const rest = arg.slice(call.index + call[0].length);
  const parts = split(rest.slice(0, endOf(rest)));
  const [subject = ""] = parts;
  const [, masked, maskText = ""] = /^\(*REC->(\w+)\s*&\s*(.+)$/s.exec(withoutCasts(subject)) ?? [];
  const field = masked ?? plainField(subject);
  const mask = masked === undefined ? undefined : evaluate(maskText);
  if (field === undefined || masked !== undefined && mask === undefined) return undefined;
  const values = parts.flatMap((part) => {
    // "A_" "B" is one text in C
    const [, expression = "", name] = /^\{([^"]*),\s*"(.*)"\s*\}$/s.exec(part) ?? [];
    const value = evaluate(expression);
    return name === undefined || value === undefined ? [] : [{ name: name.replace(/"\s*"/g, ""), value }];
  });
  if (values.length === 0) return undefined;
  if (call[1] === "symbolic") return masked === undefined ? { field, names: { values } } : undefined;
  const separator = /^"(.*)"$/.exec(parts[1] ?? "")?.[1] ?? "|";
  const none = /:\s*"([^"]*)"[\s)]*$/.exec(rest.slice(endOf(rest)))?.[1] ?? "";
  return { field, names: { values, flags: { separator, none, ...mask !== undefined && { mask } } } };
}

/** Where the parenthesis is that ends what was opened before the text. */
function endOf(text: string): number {
  let depth = 1;
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[(){}]/g)) {
    if (token === "(" || token === "{") depth++;
    if ((token === ")" || token === "}") && --depth === 0) return index;
  }
  return text.length;
}

/** `REC->prev_state & 0x100 ? "+" : ""`: what is printed behind the names of flags. */
function addSuffix(printed: Map<string, Printed>, arg: string): void {
  const [, field = "", condition = "", text = ""] =
    /^REC->(\w+)\s*&\s*(.+?)\s*\?\s*"([^"]+)"\s*:\s*""$/s.exec(arg) ?? [];
  const { names } = printed.get(field) ?? {};
  const mask = evaluate(condition);
  if (names?.flags && mask !== undefined) {
    printed.set(field, { names: { ...names, flags: { ...names.flags, suffix: { mask, text } } } });
  }
}

/** `( gfp_t)`, `(unsigned long)`. */
const CAST = /\(\s*(?:(?:unsigned|signed|const|struct|enum)\s+)*[A-Za-z_]\w*\s*\**\s*\)/g;

function withoutCasts(text: string): string {
  return text.replace(CAST, "");
}

/** What binds two numbers, the loosest first: those of one row go from left to right. */
const OPERATORS: readonly Readonly<Record<string, (a: bigint, b: bigint) => bigint>>[] = [
  { "|": (a, b) => a | b },
  { "^": (a, b) => a ^ b },
  { "&": (a, b) => a & b },
  { "<<": (a, b) => a << b, ">>": (a, b) => a >> b },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b },
];

/** The value of a constant expression in C; `undefined` of one that names something. */
function evaluate(text: string): bigint | undefined {
  const plain = withoutCasts(text);
  const tokens = plain.match(/0[xX][\da-fA-F]+|\d+|<<|>>|[-+*|^&~()]|[^\s\dUuLl]/g) ?? [];
  let at = 0;
  const unary = (): bigint => {
    const token = tokens[at++] ?? "";
    if (token === "~") return ~unary();
    if (token === "-") return -unary();
    if (token === "(") {
      const inner = binary(0);
      if (tokens[at++] !== ")") throw new SyntaxError();
      return inner;
    }
    return BigInt(/^\d/.test(token) ? token : "no number");
  };
  const binary = (level: number): bigint => {
    const row = OPERATORS[level];
    if (!row) return unary();
    let value = binary(level + 1);
    for (let operator = row[tokens[at] ?? ""]; operator; operator = row[tokens[at] ?? ""]) {
      at++;
      value = operator(value, binary(level + 1));
    }
    return value;
  };
  try {
    const value = binary(0);
    // A parenthesis of what is around it may be left
    return tokens.slice(at).every((token) => token === ")") ? BigInt.asUintN(64, value) : undefined;
  } catch {
    return undefined; // a name, as enumerators that the kernel did not replace
  }
}
