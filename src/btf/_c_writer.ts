import { BtfError } from "../errors.ts";
import { gapLines } from "./_c_gap.ts";
import { CLayouts } from "./_c_layout.ts";
import { CNames, identifier, keywordOf } from "./_c_names.ts";
import { enumAttribute, enumeratorValue, isKnownToC, scalarLike } from "./_c_scalars.ts";
import { declare } from "./_declare.ts";
import type { Btf } from "./btf.ts";
import type { BtfComposite, BtfEnum, BtfMember, BtfType } from "./types.ts";

/** How many types a definition can need one within the other. */
const MAX_DEPTH = 500;
/** How many types one declaration goes through. */
const MAX_DECLARED = 300;
/** How deep anonymous structs go into each other. */
const MAX_NESTING = 16;
/** How many types one definition goes through; anonymous structs are written wherever they are used. */
const MAX_DEFINED = 100_000;

/** Writes definitions in an order that C takes. */
export class CWriter {
  readonly #btf: Btf;
  readonly #names: CNames = new CNames();
  readonly #layouts: CLayouts;
  readonly #written: string[] = [];
  /** Tags that are declared or defined. */
  readonly #declared: Set<string> = new Set();
  /** See {@linkcode CWriter.define}: ids with whether they are complete, and whether that is still going on. */
  readonly #progress: Map<string, "going on" | "done"> = new Map();
  #depth = 0;
  #nesting = 0;
  #left = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#layouts = new CLayouts(btf);
  }

  /** All that was written. */
  get text(): string {
    return this.#written.map((text) => `${text}\n`).join("");
  }

  /** Defines a type and all that it needs; of functions and variables there are declarations. */
  define(id: number): void {
    const type = this.#btf.type(id);
    switch (type.kind) {
      case "function":
      case "variable":
        this.#need(type.typeId, false);
        this.#write(() => `extern ${this.#declare(type.typeId, identifier(type.name))};`);
        break;
      case "section":
      case "declTag":
        break;
      case "enum":
        if (type.name === "") this.#write(() => `${this.#enumBody(type)};`);
        else this.#need(id, true);
        break;
      default:
        this.#need(id, true);
    }
  }

  /**
   * Writes all that must come before a type is mentioned: of named structs and unions a declaration, unless their
   * size matters ("complete").
   */
  #need(id: number, complete: boolean): void {
    const key = complete ? `${id}` : `${id}?`;
    const progress = this.#progress.get(key);
    if (progress === "done") return;
    if (progress === "going on" || this.#depth >= MAX_DEPTH) {
      const why = progress === undefined ? `it needs more than ${MAX_DEPTH} types` : "it has itself in it";
      throw this.#refusal(this.#btf.type(id), why);
    }
    this.#progress.set(key, "going on");
    this.#depth++;
    this.#needOnce(this.#btf.type(id), complete);
    this.#depth--;
    this.#progress.set(key, "done");
  }

  #needOnce(type: BtfType, complete: boolean): void {
    switch (type.kind) {
      case "void":
        break;
      case "int":
      case "float":
        if (!isKnownToC(type) && this.#once(`typedef ${type.id}`)) {
          this.#write(() => `typedef ${scalarLike(type)} ${this.#names.type(type)};`);
        }
        break;
      case "pointer":
        this.#need(type.typeId, false);
        break;
      case "array":
        // C wants to know the size of elements even behind a pointer
        this.#need(type.typeId, true);
        break;
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
        this.#need(type.typeId, complete);
        break;
      case "prototype":
        this.#need(type.returnTypeId, false);
        for (const parameter of type.parameters) this.#need(parameter.typeId, false);
        break;
      case "typedef":
        this.#need(type.typeId, false);
        // Compilers know it without a definition
        if (type.name !== "__builtin_va_list" && this.#once(`typedef ${type.id}`)) {
          this.#write(() => `typedef ${this.#declare(type.typeId, this.#names.type(type))};`);
        }
        if (complete) this.#need(type.typeId, true);
        break;
      case "struct":
      case "union":
        if (!complete && type.name !== "") {
          this.#declareTag(this.#names.tag(type));
          break;
        }
        for (const member of type.members) this.#need(member.typeId, true);
        if (type.name !== "") {
          this.#declared.add(this.#names.tag(type));
          this.#write(() => `${this.#compositeBody(type)};`);
        }
        break;
      case "enum":
        if (type.name === "") break;
        if (type.values.length === 0) this.#declareTag(this.#names.tag(type));
        else if (this.#once(`enum ${type.id}`)) this.#write(() => `${this.#enumBody(type)};`);
        break;
      case "forward":
        this.#declareTag(this.#names.tag(type));
        break;
      default:
        throw this.#refusal(type, `a ${type.kind} is not a type of C`);
    }
  }

  #declareTag(tag: string): void {
    if (this.#declared.has(tag)) return;
    this.#declared.add(tag);
    this.#write(() => `${tag};`);
  }

  #once(what: string): boolean {
    if (this.#declared.has(what)) return false;
    this.#declared.add(what);
    return true;
  }

  #write(text: () => string): void {
    this.#left = MAX_DEFINED;
    this.#nesting = 0;
    this.#written.push(text());
  }

  #declare(id: number, name: string): string {
    let left = MAX_DECLARED;
    return declare(this.#btf, id, name, {
      spend: () => {
        if (left-- > 0 && this.#left-- > 0) return true;
        throw this.#refusal(this.#btf.type(id), "it goes through too many types");
      },
      write: (type) => this.#mention(type),
      writeTag: tagAttribute,
    });
  }

  #mention(type: BtfType): string {
    switch (type.kind) {
      case "void":
        return "void";
      case "int":
      case "float":
        return isKnownToC(type) ? type.name : this.#names.type(type);
      case "typedef":
        return type.name === "__builtin_va_list" ? type.name : this.#names.type(type);
      case "struct":
      case "union":
        return type.name === "" ? this.#compositeBody(type) : this.#names.tag(type);
      case "enum":
        return type.name === "" ? this.#enumBody(type) : this.#names.tag(type);
      case "forward":
        return this.#names.tag(type);
      default:
        throw this.#refusal(type, `a ${type.kind} is not a type of C`);
    }
  }

  #compositeBody(type: BtfComposite): string {
    if (this.#nesting >= MAX_NESTING) throw this.#refusal(type, `it is over ${MAX_NESTING} structs deep`);
    this.#nesting++;
    const { packed, aligned } = this.#layouts.of(type);
    const lines = type.kind === "struct" ? this.#structLines(type, packed) : this.#unionLines(type);
    this.#nesting--;
    return withBody(
      type.name === "" ? keywordOf(type) : this.#names.tag(type),
      lines,
      (packed ? " __attribute__((packed))" : "") +
        (aligned > 0 ? ` __attribute__((aligned(${aligned})))` : ""),
    );
  }

  #structLines(type: BtfComposite, packed: boolean): string[] {
    const lines: string[] = [];
    let end = 0;
    // Rust and others have members in another order than that of memory
    const members = type.members.toSorted((a, b) => a.bitOffset - b.bitOffset);
    for (const member of members) {
      if (member.bitOffset < end) throw this.#refusal(type, `member "${member.name}" lies in another`);
      if (this.#layouts.place(member, end, packed) !== member.bitOffset) {
        lines.push(...gapLines(end, member.bitOffset));
      }
      lines.push(this.#memberLine(member));
      end = member.bitOffset + this.#layouts.bitsOf(member);
    }
    if (end > type.size * 8) throw this.#refusal(type, "its members are larger than itself");
    const { align } = this.#layouts.of(type);
    if (Math.ceil(end / 8 / align) * align !== type.size) lines.push(...gapLines(end, type.size * 8));
    return lines;
  }

  #unionLines(type: BtfComposite): string[] {
    const { align } = this.#layouts.of(type);
    const lines = type.members.map((member) => {
      if (member.bitOffset !== 0) throw this.#refusal(type, `member "${member.name}" is not at its start`);
      return this.#memberLine(member);
    });
    const bytes = Math.max(0, ...type.members.map((member) => Math.ceil(this.#layouts.bitsOf(member) / 8)));
    if (bytes > type.size) throw this.#refusal(type, "its members are larger than itself");
    if (Math.ceil(bytes / align) * align !== type.size) lines.push(`unsigned char __gap_0[${type.size}];`);
    return lines;
  }

  #memberLine(member: BtfMember): string {
    const declaration = this.#declare(member.typeId, member.name === "" ? "" : identifier(member.name));
    return member.bitSize === 0 ? `${declaration};` : `${declaration} : ${member.bitSize};`;
  }

  #enumBody(type: BtfEnum): string {
    const lines = type.values.map(({ name, value }) =>
      `${this.#names.enumerator(name)} = ${enumeratorValue(value, type)},`
    );
    return withBody(type.name === "" ? "enum" : this.#names.tag(type), lines, enumAttribute(type));
  }

  #refusal(type: BtfType, why: string): BtfError {
    return new BtfError(`Cannot write BTF type ${type.id} "${type.name}" as C: ${why}`);
  }
}

/** A tag whose name is a whole attribute, as long as it can be no more than that, or the text of one. */
function tagAttribute(type: BtfType): string {
  const whole = type.kind === "typeTag" && type.attribute === true && /^[\w(), ]+$/.test(type.name);
  return `__attribute__((${whole ? type.name : `btf_type_tag(${JSON.stringify(type.name)})`}))`;
}

function withBody(head: string, lines: readonly string[], attributes: string): string {
  const body = lines.map((line) => `\n\t${line.replaceAll("\n", "\n\t")}`).join("");
  return `${head} {${body === "" ? "" : `${body}\n`}}${attributes}`;
}
