/**
 * Types, and the structs of C that scripts declare.
 *
 * @module
 */
import { Fault } from "../ir/place.ts";
import type { DeclarationNode, MemberNode, TypeName } from "./ast.ts";
import { INTEGERS } from "./types.ts";
import { describe, type Tokens } from "./tokens.ts";

const TAGS = new Set(["struct", "union", "enum"]);
const QUALIFIERS = new Set(["const", "volatile", "__user", "__rcu", "__kernel"]);
const C_WORDS = new Set(["unsigned", "signed", "long", "short", "int", "char", "void", "_Bool"]);

/** Whether a type, and not a value, comes at this token. */
export function startsType(tokens: Tokens, distance: number): boolean {
  const { kind, text } = tokens.peek(distance);
  if (kind !== "name") return false;
  if (TAGS.has(text) || QUALIFIERS.has(text) || C_WORDS.has(text) || Object.hasOwn(INTEGERS, text)) {
    return true;
  }
  // A typedef: a name with stars behind it, and then the end of the brackets
  let at = distance + 1;
  const stars = at;
  while (tokens.peek(at).text === "*") at++;
  return at > stars && tokens.peek(at).text === ")";
}

/** Reads a type: `const struct task_struct *`, `unsigned int`, `uint8[4]`. */
export function parseTypeName(tokens: Tokens): TypeName {
  const { place } = tokens.peek();
  const words: string[] = [];
  for (;;) {
    const { kind, text } = tokens.peek();
    if (kind !== "name") break;
    if (QUALIFIERS.has(text)) {
      tokens.next();
      continue;
    }
    const last = words.at(-1);
    const goesOn = last === undefined || TAGS.has(last) || C_WORDS.has(last) && C_WORDS.has(text);
    if (!goesOn) break;
    words.push(tokens.next().text);
  }
  if (words.length === 0) throw new Fault(place, `there is ${describe(tokens.peek())} where a type must be`);
  const pointers = parsePointers(tokens);
  return { place, name: words.join(" "), pointers, lengths: parseLengths(tokens) };
}

function parsePointers(tokens: Tokens): number {
  let pointers = 0;
  for (;;) {
    if (tokens.accept("*")) pointers++;
    else if (tokens.peek().kind === "name" && QUALIFIERS.has(tokens.peek().text)) tokens.next();
    else return pointers;
  }
}

function parseLengths(tokens: Tokens): number[] {
  const lengths: number[] = [];
  while (tokens.accept("[")) {
    lengths.push(tokens.is("]") ? 0 : Number(tokens.expectKind("integer", "a length").value));
    tokens.expect("]");
  }
  return lengths;
}

/** Reads `struct name { … };` and its like. */
export function parseDeclaration(tokens: Tokens): DeclarationNode {
  const { place, text: kind } = tokens.next();
  const name = tokens.peek().kind === "name" ? tokens.next().text : "";
  tokens.expect("{");
  if (kind === "enum") {
    return { kind: "enum", place, values: parseEnum(tokens) };
  }
  const members: MemberNode[] = [];
  while (!tokens.is("}")) members.push(...parseMembers(tokens));
  tokens.expect("}");
  return { kind: kind === "union" ? "union" : "struct", place, name, members };
}

/** `int a, *b[2], c : 3;` */
function parseMembers(tokens: Tokens): MemberNode[] {
  const type = parseTypeName(tokens);
  const members: MemberNode[] = [];
  let pointers = type.pointers;
  do {
    pointers += parsePointers(tokens);
    const { text: name, place } = tokens.expectKind("name", "a member");
    const lengths = parseLengths(tokens);
    const bits = tokens.accept(":")
      ? Number(tokens.expectKind("integer", "a number of bits").value)
      : undefined;
    members.push({ name, place, type: { ...type, pointers, lengths }, bits });
    pointers = 0;
  } while (tokens.accept(","));
  tokens.expect(";");
  return members;
}

function parseEnum(tokens: Tokens): Map<string, bigint> {
  const values = new Map<string, bigint>();
  let value = 0n;
  while (!tokens.is("}")) {
    const { text } = tokens.expectKind("name", "a name");
    if (tokens.accept("=")) {
      const sign = tokens.accept("-") ? -1n : 1n;
      value = sign * tokens.expectKind("integer", "a number").value;
    }
    values.set(text, value++);
    if (!tokens.accept(",")) break;
  }
  tokens.expect("}");
  return values;
}
