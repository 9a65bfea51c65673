/**
 * Expressions in names of C++.
 *
 * @module
 */
import { Joined, type Node, Scoped, Sequence, Text } from "./_cxx_nodes.ts";
import { Expansion } from "./_cxx_parameters.ts";
import type { CxxParser } from "./_cxx_parser.ts";
import { BUILTIN, LITERAL_SUFFIX, OPERATORS } from "./_cxx_tables.ts";
import { FunctionType } from "./_cxx_type_nodes.ts";

/** `<expression>`. */
export function parseExpression(parser: CxxParser): Node {
  return parser.effort.within(() => expression(parser));
}

function expression(p: CxxParser): Node {
  if (p.peek("L")) return parsePrimary(p);
  if (p.peek("T")) return p.templateParameter();
  if (p.eat("fL")) {
    p.digits();
    return functionParameter(p);
  }
  if (p.eat("fpT")) return new Text("this");
  if (p.eat("fp")) return functionParameter(p);
  p.eat("gs");
  const code = p.take(2);
  const known = OPERATORS[code];
  if (known && known[1] > 0) return operation(p, code, known);
  switch (code) {
    case "cl": {
      const callee = parseExpression(p);
      return new Sequence(parenthesized(callee), "(", new Joined(expressions(p)), ")");
    }
    case "cv": {
      const type = p.type();
      const args = p.eat("_") ? expressions(p) : [parseExpression(p)];
      return new Sequence("(", type, ")(", new Joined(args), ")");
    }
    case "tl": {
      const type = p.type();
      return new Sequence(type, "{", new Joined(expressions(p)), "}");
    }
    case "il":
      return new Sequence("{", new Joined(expressions(p)), "}");
    case "dc":
    case "sc":
    case "cc":
    case "rc": {
      const type = p.type();
      const kind = { dc: "dynamic", sc: "static", cc: "const", rc: "reinterpret" }[code];
      return new Sequence(`${kind}_cast<`, type, ">(", parseExpression(p), ")");
    }
    case "st":
      return new Sequence("sizeof (", p.type(), ")");
    case "sz":
      return new Sequence("sizeof ", parenthesized(parseExpression(p)));
    case "at":
      return new Sequence("alignof (", p.type(), ")");
    case "az":
      return new Sequence("alignof ", parenthesized(parseExpression(p)));
    case "nx":
      return new Sequence("noexcept ", parenthesized(parseExpression(p)));
    case "ti":
      return new Sequence("typeid (", p.type(), ")");
    case "te":
      return new Sequence("typeid ", parenthesized(parseExpression(p)));
    case "dt":
    case "pt": {
      const object = parseExpression(p);
      return new Sequence(parenthesized(object), code === "dt" ? "." : "->", member(p));
    }
    case "ix": {
      const object = parseExpression(p);
      return new Sequence(parenthesized(object), "[", parseExpression(p), "]");
    }
    case "sZ":
      return new Sequence("sizeof...(", p.peek("T") ? p.templateParameter() : parseExpression(p), ")");
    case "sP":
      return new Sequence("sizeof...(", new Joined(p.templateArguments()), ")");
    case "sp":
      return new Expansion(parseExpression(p));
    case "tw":
      return new Sequence("throw ", parseExpression(p));
    case "tr":
      return new Text("throw");
    case "sr":
      return p.unresolvedName();
    case "on":
      return p.operatorName();
    case "nw":
    case "na": {
      const placed = expressions(p, "_");
      const type = p.type();
      const args = p.eat("pi") ? expressions(p) : (p.expect("E"), undefined);
      return new Sequence(
        code === "nw" ? "new " : "new[] ",
        ...(placed.length > 0 ? ["(", new Joined(placed), ") "] : []),
        type,
        ...(args ? ["(", new Joined(args), ")"] : []),
      );
    }
    case "dl":
    case "da":
      return new Sequence(code === "dl" ? "delete " : "delete[] ", parseExpression(p));
    default:
      p.back(2);
      return p.simpleName();
  }
}

function operation(p: CxxParser, code: string, [text, operands]: readonly [string, number]): Node {
  // "pp_" and "mm_" are those before the operand
  const isBefore = (code === "pp" || code === "mm") && p.eat("_");
  const first = parseExpression(p);
  // The address of a function, which is named alone
  if (code === "ad" && first instanceof FunctionType && first.name) return new Sequence("&", first.name);
  if (operands === 1) {
    const isBehind = (code === "pp" || code === "mm") && !isBefore;
    return isBehind ? new Sequence(parenthesized(first), text) : new Sequence(text, parenthesized(first));
  }
  const second = parseExpression(p);
  if (operands === 3) {
    const third = parseExpression(p);
    return new Sequence(parenthesized(first), "?", parenthesized(second), " : ", parenthesized(third));
  }
  const whole = new Sequence(parenthesized(first), text, parenthesized(second));
  return text === ">" ? new Sequence("(", whole, ")") : whole;
}

/** In brackets, unless it is a name or a parameter of the function, as c++filt has it. */
function parenthesized(node: Node): Node {
  return node instanceof Text || node instanceof Scoped ? node : new Sequence("(", node, ")");
}

function member(p: CxxParser): Node {
  return p.peek("s") && p.eat("sr") ? p.unresolvedName() : p.simpleName();
}

function expressions(p: CxxParser, end = "E"): Node[] {
  const list: Node[] = [];
  while (!p.eat(end)) list.push(parseExpression(p));
  return list;
}

function functionParameter(p: CxxParser): Node {
  p.qualifiers();
  const digits = p.digits();
  p.expect("_");
  return new Text(`{parm#${digits === "" ? 1 : Number(digits) + 2}}`);
}

/** `<expr-primary>`: `L`, a type and a value, or a mangled name. */
export function parsePrimary(p: CxxParser): Node {
  p.expect("L");
  if (p.eat("_Z") || p.eat("Z")) {
    const encoding = p.encoding();
    p.expect("E");
    return encoding;
  }
  if (p.eat("DnE")) return new Text("(decltype(nullptr))0");
  if (p.eat("Dn0E")) return new Text("(decltype(nullptr))0");
  const code = p.peekAny();
  const type = p.type();
  const start = p.at;
  const value = p.until("E");
  if (code === "b" && (value === "0" || value === "1")) return new Sequence(value === "1" ? "true" : "false");
  const number = /^n?\d+$/.test(value) ? value.replace("n", "-") : undefined;
  const suffix = LITERAL_SUFFIX[code];
  if (suffix !== undefined && number !== undefined && p.at - start > 1) return new Sequence(number + suffix);
  if ((code === "f" || code === "d" || code === "e") && BUILTIN[code]) {
    return new Sequence("(", type, `)[${value}]`);
  }
  return new Sequence("(", type, ")" + (number ?? value));
}
