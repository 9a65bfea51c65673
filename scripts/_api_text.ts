/**
 * The symbols of `deno doc --json` as text, one line a symbol and, indented, one a member.
 *
 * @module
 */

/** A type, as Deno documents it. */
type Type =
  | { kind: "keyword" | "typeQuery"; value: string }
  | { kind: "this" }
  | { kind: "literal"; value: Literal }
  | { kind: "typeRef"; value: { typeName: string; typeParams?: Type[] } }
  | { kind: "union" | "intersection" | "tuple"; value: Type[] }
  | { kind: "array" | "parenthesized" | "rest" | "optional"; value: Type }
  | { kind: "typeOperator"; value: { operator: string; tsType: Type } }
  | { kind: "indexedAccess"; value: { objType: Type; indexType: Type } }
  | { kind: "fnOrConstructor"; value: Signature & { constructor: boolean } }
  | { kind: "conditional"; value: { checkType: Type; extendsType: Type; trueType: Type; falseType: Type } }
  | { kind: "infer"; value: { typeParam: TypeParam } }
  | { kind: "mapped"; value: Mapped }
  | { kind: "importType"; value: { specifier: string; qualifier?: string; typeParams?: Type[] } }
  | { kind: "typeLiteral"; value: Members }
  | {
    kind: "typePredicate";
    value: { asserts?: boolean; param: { type: string; name?: string }; type?: Type };
  };

interface Literal {
  kind: string;
  string?: string;
  number?: number;
  boolean?: boolean;
  tsTypes?: Type[];
}

interface Mapped {
  readonly?: boolean | string;
  optional?: boolean | string;
  typeParam: TypeParam;
  nameType?: Type;
  tsType?: Type;
}

interface TypeParam {
  name: string;
  constraint?: Type;
  default?: Type;
}

interface Param {
  kind: string;
  name?: string;
  optional?: boolean;
  tsType?: Type;
  left?: Param;
  arg?: Param;
}

interface Signature {
  typeParams?: TypeParam[];
  params: Param[];
  returnType?: Type;
  tsType?: Type;
  hasBody?: boolean;
}

interface Member extends Signature {
  name: string;
  kind?: string;
  functionDef?: Signature;
  isStatic?: boolean;
  isAbstract?: boolean;
  accessibility?: string;
  readonly?: boolean;
  optional?: boolean;
}

interface Members {
  constructors?: Signature[];
  callSignatures?: Signature[];
  indexSignatures?: Member[];
  properties?: Member[];
  methods?: Member[];
}

interface Definition extends Members, Signature {
  kind?: string;
  isAbstract?: boolean;
  extends?: string | Type[];
  superTypeParams?: Type[];
  implements?: Type[];
  elements?: Symbol[];
}

/** A symbol with its declarations: several for overloads, or for a value and a type of one name. */
export interface Symbol {
  /** What it is exported as. */
  name: string;
  /** Each thing declared under the name. */
  declarations: { kind: string; def?: Definition }[];
}

/** A symbol and, indented, its members, one line each. */
export function describe({ name, declarations }: Symbol): string[] {
  const overloaded = declarations.some((it) => it.kind === "function" && !it.def?.hasBody);
  return declarations
    .filter((it) => !(overloaded && it.kind === "function" && it.def?.hasBody))
    .flatMap(({ kind, def }) => def === undefined ? [`${kind} ${name}`] : declaration(name, kind, def));
}

function declaration(name: string, kind: string, def: Definition): string[] {
  switch (kind) {
    case "function":
      return [`function ${name}${signature(def)}`];
    case "variable":
      if (def.tsType?.kind === "typeLiteral") {
        return [`${def.kind} ${name}`, ...indent(members(def.tsType.value).sort())];
      }
      return [`${def.kind} ${name}${annotation(def.tsType)}`];
    case "typeAlias":
      return [`type ${name}${generics(def.typeParams)} = ${text(def.tsType)}`];
    case "reference": // a member of `export * as name`, described where it is from
      return [name];
    case "namespace":
      return [`namespace ${name}`, ...indent((def.elements ?? []).flatMap(describe))];
    case "class":
    case "interface":
      return [
        `${def.isAbstract ? "abstract " : ""}${kind} ${name}${generics(def.typeParams)}${heritage(def)}`,
        ...indent(members(def).sort()),
      ];
    default:
      throw new TypeError(`Cannot describe "${name}": unknown kind ${kind}`);
  }
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function heritage({ extends: base, superTypeParams, implements: interfaces }: Definition): string {
  const bases = typeof base === "string" ? base + angles(superTypeParams) : list(base);
  return (bases ? ` extends ${bases}` : "") + (interfaces?.length ? ` implements ${list(interfaces)}` : "");
}

/** What a class or object type has, one line each; what is private is left out. */
function members({ constructors, callSignatures, indexSignatures, properties, methods }: Members): string[] {
  const overloads = new Set(
    methods?.filter((it) => it.functionDef && !it.functionDef.hasBody).map(({ name }) => name),
  );
  const visible = (it: Member) =>
    it.accessibility !== "private" && !(it.functionDef?.hasBody && overloads.has(it.name));
  return [
    ...(constructors ?? []).map((it) => `new ${signature(it)}`),
    ...(callSignatures ?? []).map(signature),
    ...(indexSignatures ?? []).map((it) => `${modifiers(it)}[${params(it.params)}]${annotation(it.tsType)}`),
    ...(properties ?? []).filter(visible).map((it) => `${modifiers(it)}${label(it)}${annotation(it.tsType)}`),
    ...(methods ?? []).filter(visible).map((it) =>
      `${modifiers(it)}${label(it)}${signature(it.functionDef ?? it)}`
    ),
  ];
}

function modifiers({ accessibility, isStatic, isAbstract, readonly, kind }: Member): string {
  const words = [
    accessibility === "protected" && "protected",
    isStatic && "static",
    isAbstract && "abstract",
    readonly && "readonly",
    kind === "getter" && "get",
    kind === "setter" && "set",
  ];
  return words.filter(Boolean).map((word) => `${word} `).join("");
}

function label({ name, optional }: Member): string {
  return `${/^[\w$[]/.test(name) && !/[^\w$[\].]/.test(name) ? name : JSON.stringify(name)}${
    optional ? "?" : ""
  }`;
}

function signature({ typeParams, params: list, returnType, tsType }: Signature): string {
  return `${generics(typeParams)}(${params(list)})${annotation(returnType ?? tsType)}`;
}

function params(list: readonly Param[]): string {
  return list.map(param).join(", ");
}

/** A destructured parameter has no name of its own. */
function param({ kind, name = "_", optional, tsType, left, arg }: Param): string {
  if (kind === "assign" && left) return param({ ...left, optional: true });
  if (kind === "rest" && arg) return `...${param({ ...arg, ...tsType && { tsType } })}`;
  return `${name}${optional ? "?" : ""}${annotation(tsType)}`;
}

function generics(typeParams: readonly TypeParam[] | undefined): string {
  return typeParams?.length ? `<${typeParams.map(typeParam).join(", ")}>` : "";
}

function typeParam({ name, constraint, default: value }: TypeParam): string {
  return name + (constraint ? ` extends ${text(constraint)}` : "") + (value ? ` = ${text(value)}` : "");
}

function angles(types: readonly Type[] | undefined): string {
  return types?.length ? `<${list(types)}>` : "";
}

function list(types: readonly Type[] | undefined): string {
  return (types ?? []).map(text).join(", ");
}

function annotation(type: Type | undefined): string {
  return type ? `: ${text(type)}` : "";
}

/** A type as it is written. */
function text(type: Type | undefined): string {
  switch (type?.kind) {
    case undefined:
      return "unknown";
    case "keyword":
      return type.value;
    case "typeQuery":
      return `typeof ${type.value}`;
    case "this":
      return "this";
    case "literal":
      return literal(type.value);
    case "typeRef":
      return type.value.typeName + angles(type.value.typeParams);
    case "union":
      return type.value.map(text).join(" | ");
    case "intersection":
      return type.value.map(text).join(" & ");
    case "tuple":
      return `[${list(type.value)}]`;
    case "array":
      return `${text(type.value)}[]`;
    case "parenthesized":
      return `(${text(type.value)})`;
    case "rest":
      return `...${text(type.value)}`;
    case "optional":
      return `${text(type.value)}?`;
    case "typeOperator":
      return `${type.value.operator} ${text(type.value.tsType)}`;
    case "indexedAccess":
      return `${text(type.value.objType)}[${text(type.value.indexType)}]`;
    case "fnOrConstructor":
      return callable(type.value);
    case "conditional": {
      const { checkType, extendsType, trueType, falseType } = type.value;
      return `${text(checkType)} extends ${text(extendsType)} ? ${text(trueType)} : ${text(falseType)}`;
    }
    case "infer":
      return `infer ${typeParam(type.value.typeParam)}`;
    case "mapped":
      return mapped(type.value);
    case "importType":
      return `import("${type.value.specifier}").${type.value.qualifier ?? ""}${
        angles(type.value.typeParams)
      }`;
    case "typeLiteral":
      return `{ ${members(type.value).sort().join("; ")} }`;
    case "typePredicate": {
      const { asserts, param, type: is } = type.value;
      return `${asserts ? "asserts " : ""}${param.name ?? "this"}${is ? ` is ${text(is)}` : ""}`;
    }
    default:
      throw new TypeError(`Cannot write a type: unknown kind in ${JSON.stringify(type)}`);
  }
}

function literal({ kind, string, number, boolean, tsTypes }: Literal): string {
  if (kind === "string") return JSON.stringify(string);
  if (kind === "bigInt") return `${string}n`;
  if (kind !== "template") return String(number ?? boolean);
  const part = (type: Type) =>
    type.kind === "literal" && type.value.kind === "string" ? type.value.string ?? "" : `\${${text(type)}}`;
  return `\`${(tsTypes ?? []).map(part).join("")}\``;
}

function callable(
  { constructor, typeParams, params: list, tsType }: Signature & { constructor: boolean },
): string {
  return `${constructor ? "new " : ""}${generics(typeParams)}(${params(list)}) => ${text(tsType)}`;
}

function mapped({ readonly, optional, typeParam, nameType, tsType }: Mapped): string {
  const sign = (flag: boolean | string | undefined, word: string) =>
    flag === undefined || flag === false ? "" : `${flag === true ? "" : flag}${word}`;
  const key = `${typeParam.name} in ${text(typeParam.constraint)}${nameType ? ` as ${text(nameType)}` : ""}`;
  return `{ ${sign(readonly, "readonly ")}[${key}]${sign(optional, "?")}${annotation(tsType)} }`;
}
