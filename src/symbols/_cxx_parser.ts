/**
 * Names of C++ by the Itanium ABI, written as c++filt of binutils does.
 *
 * @module
 */
import { Cursor } from "./_cxx_cursor.ts";
import { parseExpression, parsePrimary } from "./_cxx_expressions.ts";
import { Arguments, Joined, type Node, Scoped, Sequence, Template, Text, VOID } from "./_cxx_nodes.ts";
import { Full, joined, Tagged } from "./_cxx_name_nodes.ts";
import { LambdaParameters, Pack, PackParameter, Parameter } from "./_cxx_parameters.ts";
import { parseSpecial } from "./_cxx_special.ts";
import { OPERATORS, STANDARD } from "./_cxx_tables.ts";
import { FunctionType } from "./_cxx_type_nodes.ts";
import { parseType } from "./_cxx_types.ts";
import { Effort, NotMangled, Output } from "./_demangled.ts";

/** The name; throws {@linkcode NotMangled} where it is none. */
export function demangleCxx(name: string): string {
  const parser = new CxxParser(name.slice(2));
  const node = parser.encoding();
  const clone = parser.rest();
  if (clone !== "" && !/^(\.\w+)+$/.test(clone)) throw new NotMangled("more than a name");
  const out = new Output();
  node.print(out);
  // ".isra.0.cold" are two: a word, and numbers behind it
  for (const [part] of clone.matchAll(/\.[A-Za-z_]\w*(\.\d+)*|(\.\d+)+/g)) out.add(` [clone ${part}]`);
  return out.text;
}

/** What was learned of a name of a function. */
export interface NameState {
  /** Whether it is a constructor, destructor or conversion, whose type has no result. */
  hasNoResult: boolean;
  endsWithArguments: boolean;
  /** Behind the parameters: ` const`, `&`. */
  qualifiers: string;
}

/** Reads the parts of a mangled name. */
export class CxxParser extends Cursor {
  /** What it took up to now. */
  readonly effort: Effort = new Effort();
  /** What `S_` and the like stand for. */
  readonly substitutions: Node[] = [];
  #arguments: readonly Node[] = [];
  /** Parameters of templates whose arguments are behind them, as in names of conversions. */
  #pending: Parameter[] | undefined;
  #inLambda = false;

  /** `<encoding>`: a function with its type, an object, or what the compiler made; of scopes the result is not told. */
  encoding(isScope = false): Node {
    return this.effort.within(() => {
      const before = this.#arguments;
      const special = this.peek("T") || this.peek("G") ? parseSpecial(this) : undefined;
      const node = special ?? this.#entity(isScope);
      this.#arguments = before;
      return node;
    });
  }

  #entity(isScope: boolean): Node {
    const state = { hasNoResult: false, endsWithArguments: false, qualifiers: "" };
    const name = this.name(state);
    if (this.#isEnd()) return name;
    const result = !state.hasNoResult && state.endsWithArguments ? this.type() : undefined;
    const parameters = this.parameters(() => this.#isEnd());
    return new FunctionType(isScope ? undefined : result, parameters, state.qualifiers, name);
  }

  #isEnd(): boolean {
    return this.peekAny() === "" || this.peek("E") || this.peek(".");
  }

  /** Types up to an end; `v` alone is none. */
  parameters(isEnd: () => boolean): Node[] {
    const list: Node[] = [];
    while (!isEnd()) list.push(this.type());
    return list.length === 1 && list[0] === VOID ? [] : list;
  }

  /** `<name>`. */
  name(state?: NameState): Node {
    return this.effort.within(() => {
      if (this.eat("N")) return this.#nested(state);
      if (this.eat("Z")) return this.#local(state);
      let name: Node;
      if (this.peek("S") && !this.peek("St")) {
        name = this.substitution();
        if (!this.peek("I")) return name;
      } else {
        name = this.eat("St") ? new Sequence("std::", this.#unqualified(state)) : this.#unqualified(state);
        if (this.peek("I")) this.substitutions.push(name);
      }
      if (!this.peek("I")) return name;
      return this.withArguments(name, state);
    });
  }

  /** A name with arguments of a template, which come next. */
  withArguments(name: Node, state: NameState | undefined): Node {
    const list = this.templateArguments(state !== undefined);
    if (state) {
      state.endsWithArguments = true;
      this.#resolvePending();
    }
    return new Template(name, new Arguments(list));
  }

  #resolvePending(): void {
    for (const parameter of this.#pending ?? []) parameter.list = this.#arguments;
    this.#pending = undefined;
  }

  #nested(state: NameState | undefined): Node {
    const qualifiers = this.qualifiers() + (this.eat("R") ? " &" : this.eat("O") ? " &&" : "");
    let name: Node | undefined;
    while (!this.eat("E")) {
      if (state) state.endsWithArguments = false;
      if (this.peek("S") && !this.peek("St")) {
        if (name) this.fail();
        name = this.substitution();
        if (this.peek("C") || this.peek("D")) {
          name = name instanceof Text ? name.full.base === name.base ? name : new Full(name) : name;
        }
        continue;
      }
      if (this.eat("St")) {
        if (name) this.fail();
        name = new Text("std");
        continue;
      }
      if (this.peek("I")) {
        if (!name) this.fail();
        name = this.withArguments(name, state);
      } else if (this.peek("T")) {
        name = joined(name, this.templateParameter());
      } else if (this.peek("Dt") || this.peek("DT")) {
        name = joined(name, this.decltype());
      } else if (this.peek("C") || this.peek("D") && !this.peek("DC")) {
        if (!name) this.fail();
        name = this.#structor(name, state);
      } else {
        name = joined(name, this.#unqualified(state));
      }
      this.substitutions.push(name);
      this.eat("M");
    }
    if (!name || this.substitutions.length === 0) this.fail();
    // The whole is no prefix
    if (this.substitutions.at(-1) === name) this.substitutions.pop();
    if (state) state.qualifiers = qualifiers;
    return name;
  }

  #structor(name: Node, state: NameState | undefined): Node {
    const isDestructor = this.take(1) === "D";
    const isInherited = !isDestructor && this.eat("I");
    if (!/\d/.test(this.take(1))) this.fail();
    if (isInherited) this.type();
    if (state) state.hasNoResult = true;
    return this.#tagged(new Sequence(name, isDestructor ? "::~" : "::", name.base));
  }

  #local(state: NameState | undefined): Node {
    const scope = this.encoding(true);
    this.expect("E");
    if (this.eat("s")) {
      this.#discriminator();
      return new Sequence(scope, "::string literal");
    }
    if (this.eat("d")) {
      const number = this.digits();
      this.expect("_");
      const label = `::{default arg#${number === "" ? 1 : Number(number) + 2}}::`;
      return new Sequence(scope, label, this.name(state));
    }
    const entity = this.name(state);
    this.#discriminator();
    return new Sequence(scope, "::", entity);
  }

  #discriminator(): void {
    if (this.eat("__")) {
      this.digits();
      this.expect("_");
    } else {
      this.match(/^_\d/, 2);
    }
  }

  #unqualified(state: NameState | undefined): Node {
    this.eat("F");
    this.eat("L");
    const next = this.peekAny();
    if (/\d/.test(next)) return this.#tagged(this.sourceName());
    if (this.eat("Ut")) return this.#tagged(new Text(`{unnamed type#${this.#number() + 1}}`));
    if (this.eat("Ul")) return this.#lambda();
    if (this.eat("DC")) {
      const names: Node[] = [];
      while (!this.eat("E")) names.push(this.sourceName());
      return new Sequence("[", new Joined(names), "]");
    }
    return this.#tagged(this.operatorName(state));
  }

  #lambda(): Node {
    const before = this.#inLambda;
    this.#inLambda = true;
    const parameters = this.parameters(() => this.peek("E"));
    this.#inLambda = before;
    this.expect("E");
    return this.#tagged(
      new Sequence("{lambda(", new LambdaParameters(parameters), `)#${this.#number() + 1}}`),
    );
  }

  /** `_` is 0, `0_` is 1. */
  #number(): number {
    const digits = this.digits();
    this.expect("_");
    return digits === "" ? 0 : Number(digits) + 1;
  }

  /** `<source-name>`: a length, and so many characters. */
  sourceName(): Node {
    const length = Number(this.digits());
    if (length === 0) this.fail();
    const name = this.take(length);
    return new Text(/^_GLOBAL_[._$]N/.test(name) ? "(anonymous namespace)" : name);
  }

  #tagged(name: Node): Node {
    let tagged = name;
    while (this.eat("B")) tagged = new Tagged(tagged, this.sourceName());
    return tagged;
  }

  /** `<operator-name>`, conversions and literals among them. */
  operatorName(state?: NameState): Node {
    if (this.eat("cv")) {
      if (state) {
        state.hasNoResult = true;
        this.#pending ??= [];
      }
      return new Sequence("operator ", this.type());
    }
    if (this.eat("li")) return new Sequence('operator"" ', this.sourceName());
    const operator = OPERATORS[this.take(2)];
    if (!operator) this.fail();
    return new Text(`operator${/^[a-z]/.test(operator[0]) ? " " : ""}${operator[0]}`);
  }

  /** The name of an expression: a source name or operator, with arguments. */
  simpleName(): Node {
    this.eat("dn");
    const name = /\d/.test(this.peekAny()) ? this.sourceName() : (this.eat("on"), this.operatorName());
    return this.peek("I") ? new Template(name, new Arguments(this.templateArguments())) : name;
  }

  /** `<unresolved-name>` behind `sr`. */
  unresolvedName(): Node {
    let scope: Node;
    if (this.eat("N")) {
      scope = this.type();
      while (!this.eat("E")) scope = new Scoped(scope, "::", this.simpleName());
    } else if (/\d/.test(this.peekAny())) {
      scope = this.simpleName();
      while (!this.eat("E")) scope = new Scoped(scope, "::", this.simpleName());
    } else {
      scope = this.type();
    }
    return new Scoped(scope, "::", this.simpleName());
  }

  /** `<substitution>`. */
  substitution(): Node {
    this.expect("S");
    const next = this.peekAny();
    const standard = STANDARD[next];
    if (standard) {
      this.at++;
      const name = new Text(...standard);
      if (!this.peek("B")) return name;
      const tagged = this.#tagged(name);
      this.substitutions.push(tagged);
      return tagged;
    }
    const index = next === "_" ? 0 : this.sequenceNumber() + 1;
    this.expect("_");
    return this.substitutions[index] ?? this.fail();
  }

  /** `<seq-id>`: digits and capital letters. */
  sequenceNumber(): number {
    return Number.parseInt(this.match(/^[\dA-Z]+/, 6) ?? this.fail(), 36);
  }

  /** `<template-args>`; those of the name that is read are what parameters stand for. */
  templateArguments(isOfName = false): Node[] {
    this.eat("I");
    const list: Node[] = [];
    if (isOfName) this.#arguments = list;
    while (!this.eat("E")) list.push(this.#argument());
    return list;
  }

  #argument(): Node {
    return this.effort.within(() => {
      if (this.peek("L")) return parsePrimary(this);
      if (this.eat("X")) {
        const expression = parseExpression(this);
        this.expect("E");
        return expression;
      }
      if (!this.eat("J")) return this.type();
      const list: Node[] = [];
      while (!this.eat("E")) list.push(this.#argument());
      return new Pack(list);
    });
  }

  /** `<template-param>`. */
  templateParameter(): Node {
    this.expect("T");
    const index = this.#number();
    if (this.#inLambda) return new Parameter(index, this.#arguments, true);
    if (!this.#pending) {
      const argument = this.#arguments[index] ?? this.fail();
      return argument instanceof Pack ? new PackParameter(argument) : argument;
    }
    const parameter = new Parameter(index, [], false);
    this.#pending.push(parameter);
    return parameter;
  }

  /** `<CV-qualifiers>` as text behind a type. */
  qualifiers(): string {
    const [r, v, k] = [this.eat("r"), this.eat("V"), this.eat("K")];
    return `${k ? " const" : ""}${v ? " volatile" : ""}${r ? " __restrict" : ""}`;
  }

  /** Whether arguments of the template that is read come later. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** `<type>`. */
  type(): Node {
    return this.effort.within(() => parseType(this));
  }

  /** `<decltype>`. */
  decltype(): Node {
    this.at += 2;
    const expression = parseExpression(this);
    this.expect("E");
    return new Sequence("decltype (", expression, ")");
  }
}
