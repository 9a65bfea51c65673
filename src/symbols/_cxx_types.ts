/**
 * Types in names of C++.
 *
 * @module
 */
import { parseExpression } from "./_cxx_expressions.ts";
import { Arguments, type Node, Sequence, Text, VOID } from "./_cxx_nodes.ts";
import { Expansion, Pointer, Qualified } from "./_cxx_parameters.ts";
import type { CxxParser } from "./_cxx_parser.ts";
import { BUILTIN, BUILTIN_D } from "./_cxx_tables.ts";
import { ArrayType, FunctionType } from "./_cxx_type_nodes.ts";

/** `<type>`. */
export function parseType(p: CxxParser): Node {
  const next = p.peekAny();
  const builtin = BUILTIN[next];
  if (next === "v") return p.at++, VOID;
  if (builtin !== undefined) return p.at++, new Text(builtin);
  if (next === "S" && !p.peek("St")) {
    const name = p.substitution();
    if (!p.peek("I")) return name;
    return added(p, p.withArguments(name, undefined));
  }
  const unlisted = next === "D" ? builtinD(p) : undefined;
  return unlisted ?? added(p, compound(p, next));
}

function added(p: CxxParser, node: Node): Node {
  p.substitutions.push(node);
  return node;
}

function builtinD(p: CxxParser): Node | undefined {
  const text = BUILTIN_D[p.peekSecond()];
  if (text !== undefined) return p.at += 2, new Text(text);
  if (p.eat("DF")) {
    const bits = p.digits();
    const kind = p.take(1);
    return new Text(kind === "b" ? `std::bfloat${bits}_t` : `_Float${bits}${kind === "x" ? "x" : ""}`);
  }
  return undefined;
}

function compound(p: CxxParser, next: string): Node {
  switch (next) {
    case "r":
    case "V":
    case "K": {
      const qualifiers = p.qualifiers();
      // Qualifiers of a function are a part of its type
      if (p.peek("F")) return functionType(p, qualifiers);
      return new Qualified(p.type(), qualifiers);
    }
    case "P":
    case "R":
    case "O":
      p.at++;
      return new Pointer(p.type(), { P: "*", R: "&", O: "&&" }[next]);
    case "C":
    case "G":
      p.at++;
      return new Qualified(p.type(), next === "C" ? " _Complex" : " _Imaginary");
    case "M": {
      p.at++;
      const of = p.type();
      return new Pointer(p.type(), "::*", of);
    }
    case "A":
      p.at++;
      return array(p);
    case "F":
      return functionType(p, "");
    case "U": {
      p.at++;
      const name = p.sourceName();
      const args = p.peek("I") ? [new Arguments(p.templateArguments())] : [];
      return new Sequence(p.type(), " ", name, ...args);
    }
    case "u":
      p.at++;
      return p.sourceName();
    case "D":
      return compoundD(p);
    case "T":
      if (/[sue]/.test(p.peekSecond())) {
        p.at += 2;
        return p.name();
      }
      return parameterType(p);
    default:
      return p.name();
  }
}

function parameterType(p: CxxParser): Node {
  const parameter = p.templateParameter();
  if (!p.peek("I") || p.isPending) return parameter;
  p.substitutions.push(parameter);
  return p.withArguments(parameter, undefined);
}

function compoundD(p: CxxParser): Node {
  if (p.eat("Dp")) return new Expansion(p.type());
  if (p.peek("Dt") || p.peek("DT")) return p.decltype();
  if (p.eat("Dv")) {
    const size = p.eat("_") ? parseExpression(p) : new Text(p.digits());
    p.expect("_");
    return new Sequence(p.type(), " __vector(", size, ")");
  }
  if (p.eat("Do")) return functionType(p, " noexcept");
  p.fail();
}

function array(p: CxxParser): Node {
  const digits = p.digits();
  const size = digits !== "" || p.peek("_") ? digits : parseExpression(p);
  p.expect("_");
  return new ArrayType(p.type(), size);
}

function functionType(p: CxxParser, qualifiers: string): Node {
  p.expect("F");
  p.eat("Y");
  const result = p.type();
  const isEnd = () => p.peek("E") || p.peek("RE") || p.peek("OE");
  const parameters = p.parameters(isEnd);
  const reference = p.eat("R") ? " &" : p.eat("O") ? " &&" : "";
  p.expect("E");
  return new FunctionType(result, parameters, qualifiers + reference);
}
