/**
 * Types of an object as interfaces and codecs, which read and write what `btfCodec()` of the room `btf` does.
 *
 * @module
 */
import {
  alignOf,
  type Btf,
  type BtfArray,
  type BtfComposite,
  type BtfEnum,
  type BtfInt,
  type BtfMember,
  sizeOf,
  skipModifiers,
  typeName,
} from "../btf/core.ts";
import { BtfError } from "../errors.ts";
import { type Expression, print } from "./expression.ts";
import { member, WIDTH } from "./layout.ts";
import type { Names } from "./object_names.ts";

/** What a type of C is in TypeScript, and the codec that reads and writes it. */
export interface Written {
  /** Lines of a type; the first and last may have something before and behind them. */
  readonly type: readonly string[];
  readonly codec: Expression;
}

/** How deep structs and arrays may nest. */
const MAX_DEPTH = 32;

const UNSIGNED: Readonly<Record<number, string>> = { 1: "u8", 2: "u16", 4: "u32", 8: "u64", 16: "u128" };
const SIGNED: Readonly<Record<number, string>> = { 1: "i8", 2: "i16", 4: "i32", 8: "i64", 16: "i128" };

/** Declarations of types, each written once and after those that it is made of. */
export class ObjectTypes {
  readonly #types: Btf | undefined;
  readonly #names: Names;
  readonly #imported: Set<string>;
  #given: Map<number, string> = new Map();
  readonly #sections: string[] = [];

  /** Of the types of an object. What is imported is added to `imported`. */
  constructor(btf: Btf | undefined, names: Names, imported: Set<string>) {
    this.#types = btf;
    this.#names = names;
    this.#imported = imported;
  }

  get #btf(): Btf {
    if (this.#types) return this.#types;
    throw new BtfError("Cannot write a codec: the object has no BTF: compile with -g");
  }

  /** The declarations so far, in order. */
  get sections(): readonly string[] {
    return this.#sections;
  }

  /** A codec by its name in the library. */
  codec(name: string): string {
    this.#imported.add(name);
    return name;
  }

  /**
   * What a type is.
   *
   * @throws {BtfError} The type has no size, nests without end, or no codec reads it.
   */
  write(id: number, depth: number = MAX_DEPTH): Written {
    const btf = this.#btf;
    if (depth <= 0) throw this.#error(id, `it nests more than ${MAX_DEPTH} levels deep`);
    const type = skipModifiers(btf, id);
    switch (type.kind) {
      case "int":
        return this.#integer(type);
      case "enum":
        this.#declareEnum(type, this.#nameOf(id));
        return this.#number(type.signed, type.size, id);
      case "pointer":
        return { type: ["bigint"], codec: this.codec("u64") };
      case "float":
        if (type.size !== 4 && type.size !== 8) throw this.#error(id, `it has ${type.size} bytes`);
        return { type: ["number"], codec: this.codec(`f${type.size * 8}`) };
      case "array":
        return this.#array(type, depth);
      case "struct":
      case "union":
        return this.#composite(type, this.#nameOf(id), depth);
      default:
        throw this.#error(id, `a ${type.kind} has no size`);
    }
  }

  /** Declares a type that nobody asked for: it is left out where it cannot be read. */
  tryDeclare(id: number): void {
    const type = skipModifiers(this.#btf, id);
    if (type.kind === "enum") return this.#declareEnum(type, this.#nameOf(id));
    const [imported, given, sections] = [
      new Set(this.#imported),
      new Map(this.#given),
      this.#sections.length,
    ];
    try {
      this.write(id);
    } catch (error) {
      if (!(error instanceof BtfError)) throw error;
      // Nor what it is made of
      this.#sections.length = sections;
      this.#given = given;
      for (const name of this.#imported) if (!imported.has(name)) this.#imported.delete(name);
    }
  }

  /** What has a size and no type. */
  bytes(size: number): Written {
    return { type: ["Uint8Array"], codec: { call: this.codec("bytes"), args: [String(size)] } };
  }

  /** The name of a struct, union or enum, or that of the typedef where it has none. */
  #nameOf(id: number): string {
    for (let type = this.#btf.type(id);;) {
      if (type.name !== "" && ["typedef", "struct", "union", "enum"].includes(type.kind)) return type.name;
      if (!("typeId" in type)) return "";
      type = this.#btf.type(type.typeId);
    }
  }

  #integer(type: BtfInt): Written {
    const { id, size, bits, bitOffset } = type;
    if (type.bool && size === 1) return { type: ["boolean"], codec: this.codec("bool") };
    if (bits !== size * 8 || bitOffset !== 0) throw this.#error(id, `it has ${bits} bits in ${size} bytes`);
    return this.#number(type.signed, size, id);
  }

  #number(signed: boolean, size: number, id: number): Written {
    const codec = (signed ? SIGNED : UNSIGNED)[size];
    if (codec === undefined) throw this.#error(id, `it has ${size} bytes`);
    return { type: [size > 4 ? "bigint" : "number"], codec: this.codec(codec) };
  }

  #array({ id, typeId, length }: BtfArray, depth: number): Written {
    const element = skipModifiers(this.#btf, typeId);
    if (
      length > 0 && element.kind === "int" && element.size === 1 && (element.char || element.name === "char")
    ) {
      return { type: ["string"], codec: { call: this.codec("cstr"), args: [String(length)] } };
    }
    if (length === 0 || sizeOf(this.#btf, typeId) === 0) throw this.#error(id, "it takes no bytes");
    const { type, codec } = this.write(typeId, depth - 1);
    return {
      type: type[0]?.startsWith("readonly ")
        ? surround("readonly (", type, ")[]")
        : surround("readonly ", type, "[]"),
      codec: { call: this.codec("arrayOf"), args: [codec, String(length)] },
    };
  }

  #composite(composite: BtfComposite, name: string, depth: number): Written {
    const given = this.#given.get(composite.id);
    if (given !== undefined) return { type: [given], codec: given };
    const members = this.#membersOf(composite, depth);
    const what = typeName(this.#btf, composite.id);
    const type = ["{", ...members.flatMap(({ lines }) => lines).map((line) => `  ${line}`), "}"];
    const codec: Expression = {
      call: this.codec("placedStruct"),
      args: [{ array: members.map(({ field }) => field), broken: true }, {
        object: [
          ["type", JSON.stringify(name === "" ? what : `${composite.kind} ${name}`)],
          ["size", String(composite.size)],
          ["align", String(alignOf(this.#btf, composite.id))],
        ],
      }],
    };
    return name === "" ? { type, codec } : this.#declare(composite, name, type, codec);
  }

  #declare(composite: BtfComposite, name: string, type: readonly string[], codec: Expression): Written {
    const given = this.#names.give(name);
    this.#given.set(composite.id, given);
    this.#imported.add("type Codec");
    this.#sections.push([
      `/** \`${composite.kind} ${name}\`, ${composite.size} bytes. */`,
      type.length > 2
        ? `export interface ${given} ${type.join("\n")}`
        : `export type ${given} = Record<never, never>;`,
      "",
      `/** Reads and writes {@linkcode ${given}}. */`,
      constantOf(given, codec),
    ].join("\n"));
    return { type: [given], codec: given };
  }

  #declareEnum({ id, size, values }: BtfEnum, name: string): void {
    if (name === "" || values.length === 0 || this.#given.has(id)) return;
    const given = this.#names.give(name);
    this.#given.set(id, given);
    const suffix = size > 4 ? "n" : "";
    this.#sections.push([
      `/** \`enum ${name}\`. */`,
      `export const ${given} = {`,
      ...values.map((one) => `  ${one.name}: ${one.value}${suffix},`),
      "} as const;",
    ].join("\n"));
  }

  /** The members, those of anonymous structs and unions among them as if they were its own. */
  #membersOf(composite: BtfComposite, depth: number, start = 0, shared = false): Member[] {
    const { id, kind, size, members } = composite;
    const either = shared || kind === "union";
    return members.flatMap((one): Member[] => {
      const { name, typeId, bitOffset, bitSize } = one;
      if (isEmpty(this.#btf, one)) return [];
      const end = bitOffset + (bitSize || sizeOf(this.#btf, typeId) * 8);
      if (end > size * 8 || bitSize === 0 && bitOffset % 8 !== 0) {
        throw this.#error(id, `member "${name}" is misplaced at bit ${bitOffset}`);
      }
      const type = skipModifiers(this.#btf, typeId);
      if (name === "" && (type.kind === "struct" || type.kind === "union")) {
        return this.#membersOf(type, depth - 1, start + bitOffset, either);
      }
      return [this.#member(one, start, either, depth)];
    });
  }

  #member(
    { name, typeId, bitOffset, bitSize }: BtfMember,
    start: number,
    shared: boolean,
    depth: number,
  ): Member {
    const type = skipModifiers(this.#btf, typeId);
    const at = start + bitOffset;
    const written = bitSize === 0 ? this.write(typeId, depth - 1) : this.#bits(type, bitSize);
    const place = bitSize === 0 ? ["offset", String(at / 8)] as const : ["bitOffset", String(at)] as const;
    const value = bitSize === 0 ? ["codec", written.codec] as const : ["bits", written.codec] as const;
    const optional = shared ? "?" : "";
    const [only] = written.type;
    return {
      // Two columns of indent are to come
      lines: written.type.length === 1 && only !== undefined
        ? member(name, only, 2, optional)
        : surround(`readonly ${name}${optional}: `, written.type, ";"),
      field: {
        object: [
          ["name", JSON.stringify(name)],
          place,
          value,
          ...shared ? [["shared", "true"] as const] : [],
        ],
      },
    };
  }

  #bits(type: ReturnType<typeof skipModifiers>, width: number): Written {
    const bits = this.codec("bits");
    if (type.kind === "int" && type.bool && width === 1) {
      return { type: ["boolean"], codec: { call: bits, args: [this.codec("bool"), "1"] } };
    }
    const size = width <= 32 ? 4 : width <= 64 ? 8 : 16;
    const signed = (type.kind === "int" || type.kind === "enum") && type.signed;
    const { type: written, codec } = this.#number(signed, size, type.id);
    return { type: written, codec: { call: bits, args: [codec, String(width)] } };
  }

  #error(id: number, why: string): BtfError {
    return new BtfError(`Cannot write a codec of ${typeName(this.#btf, id)}: ${why}`);
  }
}

interface Member {
  readonly lines: readonly string[];
  readonly field: Expression;
}

/** A codec under its name, broken as `deno fmt` breaks it where the names are long. */
function constantOf(name: string, codec: Expression): string {
  const head = `export const ${name}: Codec<${name}> =`;
  if (head.length > WIDTH) return `export const ${name}: Codec<\n  ${name}\n> = ${print(codec, 0, 4, 1)};`;
  const call = typeof codec === "object" && "call" in codec ? `${codec.call}(` : "";
  return `${head} ${call}`.length > WIDTH
    ? `${head}\n  ${print(codec, 2, 2, 1)};`
    : `${head} ${print(codec, 0, head.length + 1, 1)};`;
}

/** Whether a member takes no bytes, as flexible arrays do: it says nothing. */
function isEmpty(btf: Btf, { typeId, bitSize }: BtfMember): boolean {
  return bitSize === 0 && sizeOf(btf, typeId) === 0;
}

function surround(before: string, lines: readonly string[], after: string): string[] {
  return lines.map((line, i) => (i === 0 ? before : "") + line + (i === lines.length - 1 ? after : ""));
}
