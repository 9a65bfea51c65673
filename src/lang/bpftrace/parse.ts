/**
 * Scripts: declarations and probes.
 *
 * @module
 */
import { Fault } from "../ir/place.ts";
import type { AttachPoint, DeclarationNode, Expression, ProbeNode, Script } from "./ast.ts";
import { Lexer } from "./lexer.ts";
import { ExpressionParser } from "./parse_expressions.ts";
import { parseBlock } from "./parse_statements.ts";
import { parseDeclaration } from "./parse_types.ts";
import { Tokens } from "./tokens.ts";

/**
 * Reads a script.
 *
 * @throws {Fault} It says what is wrong.
 */
export function parseScript(source: string): Script {
  const lexer = new Lexer(source);
  const declarations: DeclarationNode[] = [];
  const probes: ProbeNode[] = [];
  while (!lexer.isAtEnd) {
    if (/^(struct|union|enum)\s/.test(lexer.ahead(7))) declarations.push(parseDeclaration(new Tokens(lexer)));
    else probes.push(parseProbe(lexer));
    while (lexer.skip() && lexer.ahead(1) === ";") lexer.take(/;/y);
  }
  if (probes.length === 0) throw new Fault(lexer.placeOf(0), "there is no probe", "write one: BEGIN { … }");
  return { declarations, probes };
}

function parseProbe(lexer: Lexer): ProbeNode {
  const place = lexer.skip();
  const points = [parsePoint(lexer)];
  while (lexer.skip() && lexer.take(/,/y)) {
    lexer.skip();
    if (lexer.ahead(1) === "{" || lexer.ahead(1) === "/") break;
    points.push(parsePoint(lexer));
  }
  const tokens = new Tokens(lexer);
  let predicate: Expression | undefined;
  if (tokens.accept("/")) {
    predicate = new ExpressionParser(tokens, true).expression();
    tokens.expect("/");
  }
  return { place, points, predicate, body: parseBlock(tokens) };
}

const QUOTED = /"[^"\n]*"/y;
const PLAIN = /[^\s{},"/;]+/y;
/** A slash that is part of a path: it begins one, or a colon comes before any space. */
const PATH = /\/[^\s{},:"]*(?=:)/y;

/** Reads where a probe attaches. A slash begins a predicate unless it is of a path, which goes on to a colon. */
function parsePoint(lexer: Lexer): AttachPoint {
  const place = lexer.skip();
  let text = "";
  for (;;) {
    const quoted = lexer.take(QUOTED);
    const piece = quoted?.slice(1, -1) ?? lexer.take(PLAIN) ?? (text === "" ? undefined : lexer.take(PATH));
    if (piece === undefined) break;
    text += piece;
  }
  if (text === "") {
    const found = lexer.ahead(1);
    throw new Fault(
      place,
      `there is ${found === "" ? "nothing" : JSON.stringify(found)} where a probe must be`,
    );
  }
  return { place, text, parts: text.split(":") };
}
