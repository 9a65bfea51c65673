/**
 * What types and names mean: those that a script declares, those of C, and those of the kernel.
 *
 * @module
 */
import type { Btf } from "../../btf/core.ts";
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Space } from "../ir/type.ts";
import type { DeclarationNode, TypeName } from "./ast.ts";
import { CONSTANTS } from "./constants.ts";
import { bitfieldAt, findEnumerator, typeOfBtf } from "./structs.ts";
import {
  INTEGERS,
  type IntType,
  type Member,
  NONE,
  type StructType,
  UINT64,
  type ValueType,
} from "./types.ts";

/** Types and names. */
export class Declarations {
  readonly #structs = new Map<string, StructType>();
  readonly #names = new Map<string, bigint | undefined>();
  readonly #types: () => Btf;

  /** Knows what the script declares. */
  constructor(nodes: readonly DeclarationNode[], types: () => Btf) {
    this.#types = types;
    for (const node of nodes) {
      if (node.kind === "enum") { for (const [name, value] of node.values) this.#names.set(name, value); }
      else this.#structs.set(`${node.kind} ${node.name}`, this.#layOut(node));
    }
  }

  /** The value of a name that stands for a number: of the script, of usual headers of C, or of an enum of the kernel. */
  constant(name: string): bigint | undefined {
    if (this.#names.has(name)) return this.#names.get(name);
    const value = Object.hasOwn(CONSTANTS, name)
      ? BigInt(CONSTANTS[name] ?? 0)
      : findEnumerator(this.#types(), name);
    this.#names.set(name, value);
    return value;
  }

  /**
   * What a type is.
   *
   * @throws {Fault} There is no such type.
   */
  type(type: TypeName, space: Space): ValueType {
    let found: ValueType;
    if (type.pointers > 0) {
      // What is there may be unknown: it is looked up when a member is named
      const { name, place, pointers } = type;
      const to = () =>
        name === "void" && pointers === 1
          ? NONE
          : this.type({ ...type, pointers: pointers - 1, lengths: [] }, space);
      if (!this.#isKnown(name)) throw this.#unknown(name, place);
      found = { kind: "pointer", to, name: name + " *".repeat(pointers - 1), space };
    } else {
      found = this.#named(type.name, space) ?? raise(this.#unknown(type.name, type.place));
    }
    return type.lengths.reduceRight<ValueType>((of, length) => arrayOf(of, length), found);
  }

  /** What a type written as in C is, without faults: `const struct sock *`. */
  written(text: string, space: Space): ValueType | undefined {
    const pointers = text.split("*").length - 1;
    const name = text.replace(/\*|\b(const|volatile|__user|__rcu)\b/g, "").trim().replace(/\s+/g, " ");
    if (pointers === 0) return this.#named(name, space);
    const to = () =>
      pointers > 1 ? this.written(text.replace("*", ""), space) ?? NONE : this.#named(name, space) ?? NONE;
    return { kind: "pointer", to, name: name + " *".repeat(pointers - 1), space };
  }

  #isKnown(name: string): boolean {
    return name === "void" || this.#named(name, "any") !== undefined;
  }

  #named(name: string, space: Space): ValueType | undefined {
    if (Object.hasOwn(INTEGERS, name)) return INTEGERS[name];
    const sorted = name.split(" ").sort().reverse().join(" ");
    if (Object.hasOwn(C_ORDER, sorted)) return C_ORDER[sorted];
    const own = this.#structs.get(name) ?? this.#structs.get(`struct ${name}`);
    if (own) return own;
    const btf = this.#types();
    const [, kind, tag] = /^(struct|union|enum) (\w+)$/.exec(name) ?? [];
    const type = kind === undefined
      ? btf.find(name, "typedef")
      : btf.find(tag ?? "", kind as "struct" | "union" | "enum");
    return type && typeOfBtf(btf, type.id, space);
  }

  #unknown(name: string, place: Place): Fault {
    const btf = this.#types();
    const tag = name.replace(/^(struct|union|enum) /, "");
    const names = function* () {
      for (let id = 1; id < btf.count; id++) if (btf.kindOf(id) === "struct") yield btf.nameOf(id);
    };
    return new Fault(place, `there is no type "${name}"${closest(tag, names())}`);
  }

  /** As C lays structs out. */
  #layOut(node: Extract<DeclarationNode, { kind: "struct" | "union" }>): StructType {
    const members = new Map<string, Member>();
    let bits = 0;
    let align = 1;
    let size = 0;
    for (const { name, type: typeName, bits: width } of node.members) {
      const type = this.type(typeName, "any");
      const [own, ownAlign] = [sizeOf(type), alignOf(type)];
      align = Math.max(align, ownAlign);
      if (width !== undefined && type.kind === "int") {
        const unit = own * 8;
        if (node.kind === "union") bits = 0;
        else if (Math.floor(bits / unit) !== Math.floor((bits + width - 1) / unit)) {
          bits = Math.ceil(bits / unit) * unit;
        }
        members.set(name, bitfieldAt(type, bits, width));
        bits += width;
      } else {
        const at = node.kind === "union" ? 0 : Math.ceil(Math.ceil(bits / 8) / ownAlign) * ownAlign;
        members.set(name, { type, offset: at });
        bits = (at + own) * 8;
      }
      size = Math.max(size, Math.ceil(bits / 8));
    }
    return {
      kind: "struct",
      name: `${node.kind} ${node.name}`,
      size: Math.ceil(size / align) * align,
      member: (name) => members.get(name),
      names: () => members.keys(),
    };
  }
}

/** `long unsigned int` is as good as `unsigned long`: by their words in falling order. */
const C_ORDER: Readonly<Record<string, IntType>> = Object.fromEntries(
  [
    ["long int", 8, true],
    ["unsigned long int", 8, false],
    ["unsigned long", 8, false],
    ["long long int", 8, true],
    ["unsigned long long int", 8, false],
    ["unsigned long long", 8, false],
    ["short int", 2, true],
    ["unsigned short int", 2, false],
    ["unsigned short", 2, false],
    ["unsigned char", 1, false],
    ["unsigned int", 4, false],
  ].map(([name, size, signed]) =>
    [`${name}`.split(" ").sort().reverse().join(" "), { kind: "int", size, signed } as IntType] as const
  ),
);

function arrayOf(of: ValueType, length: number): ValueType {
  return of.kind === "int" && of.size === 1 && of.signed
    ? { kind: "string", size: length }
    : { kind: "array", of, length };
}

/** In bytes, in memory. */
export function sizeOf(type: ValueType): number {
  switch (type.kind) {
    case "int":
    case "struct":
    case "string":
      return type.size;
    case "array":
      return sizeOf(type.of) * type.length;
    default:
      return 8;
  }
}

function alignOf(type: ValueType): number {
  switch (type.kind) {
    case "string":
      return 1;
    case "array":
      return alignOf(type.of);
    case "struct": {
      let most = 1;
      for (const name of type.names()) most = Math.max(most, alignOf(type.member(name)?.type ?? UINT64));
      return most;
    }
    default:
      return sizeOf(type);
  }
}

function raise(fault: Fault): never {
  throw fault;
}
