import { BtfError } from "../errors.ts";
import { readBits } from "./_bits.ts";
import type { Btf } from "./btf.ts";
import type { BtfArray, BtfComposite, BtfEnum, BtfFloat, BtfInt, BtfMember, BtfSection } from "./types.ts";
import { sizeOf, skipModifiers } from "./walk.ts";

/** How deep structs and arrays are shown. */
const MAX_DEPTH = 12;
/** How many elements of an array are shown. */
const MAX_ELEMENTS = 64;
/** How many characters of a text are shown. */
const MAX_TEXT = 1024;
/** How many values are shown in all. */
const MAX_VALUES = 4096;

/**
 * Shows a value as text on one line, as people read it: `{ pid: 42, comm: "sh", state: RUNNING }`.
 *
 * Structs have the names of their members, those of anonymous structs and unions among them; unions have all of
 * their members. Arrays of `char` are text where they can be, enumerators go by their names, pointers are in
 * hexadecimal. Of a section, as `.data`, its variables are shown. Of long arrays, deep structs and large values only a
 * part is shown, and `…` for the rest.
 *
 * @param at Where the value starts, in bytes.
 * @throws {BtfError} The type has no values, as `void` and functions, or is malformed.
 * @throws {RangeError} The bytes end before the value does.
 *
 * @example
 * ```ts
 * import { type Btf, formatValue } from "@waggle/ebpf/btf";
 *
 * declare const btf: Btf;
 * declare const event: Uint8Array;
 * const type = btf.find("event", "struct");
 * if (type !== undefined) formatValue(btf, type.id, new DataView(event.buffer));
 * ```
 */
export function formatValue(btf: Btf, typeId: number, bytes: DataView, at = 0): string {
  const size = sizeOf(btf, typeId);
  if (!(at >= 0 && at + size <= bytes.byteLength)) {
    throw new RangeError(
      `Cannot show a value of BTF type ${typeId} "${btf.nameOf(typeId)}": ` +
        `it takes ${size} bytes from byte ${at} on and there are ${bytes.byteLength}`,
    );
  }
  const value = new DataView(bytes.buffer, bytes.byteOffset + at, size);
  return new ValueFormatter(btf, value).format(typeId, 0, 0);
}

/** Shows parts of one value. */
class ValueFormatter {
  readonly #btf: Btf;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #left = MAX_VALUES;

  constructor(btf: Btf, view: DataView) {
    this.#btf = btf;
    this.#view = view;
    this.#littleEndian = btf.byteOrder === "little";
  }

  /** Shows what starts at bit `start`, of which a bitfield has `bitSize` bits. */
  format(id: number, start: number, depth: number, bitSize = 0): string {
    if (this.#left-- <= 0 || depth > MAX_DEPTH) return "…";
    const type = skipModifiers(this.#btf, id);
    switch (type.kind) {
      case "int":
        return this.#int(type, start, bitSize);
      case "enum":
        return this.#enum(type, start, bitSize);
      case "pointer":
        return `0x${this.#bits(start, 64).toString(16)}`;
      case "float":
        return this.#float(type, start);
      case "array":
        return this.#array(type, start, depth);
      case "struct":
      case "union":
        return braces(this.#members(type, start, depth));
      case "section":
        return braces(this.#variables(type, depth));
      case "variable":
        return this.format(type.typeId, start, depth);
      default:
        throw new BtfError(`Cannot show BTF type ${id} "${type.name}": a ${type.kind} has no values`);
    }
  }

  #members(type: BtfComposite, start: number, depth: number): string[] {
    const texts: string[] = [];
    for (const member of type.members) {
      if (this.#left <= 0) {
        texts.push("…");
        break;
      }
      texts.push(...this.#member(member, start, depth));
    }
    return texts;
  }

  #member(member: BtfMember, start: number, depth: number): string[] {
    const { name, typeId, bitSize } = member;
    const memberStart = start + member.bitOffset;
    if (name !== "") return [`${name}: ${this.format(typeId, memberStart, depth + 1, bitSize)}`];
    const type = skipModifiers(this.#btf, typeId);
    // The members of an anonymous struct are in C those of the struct that it is in
    const composite = type.kind === "struct" || type.kind === "union";
    if (!composite || depth >= MAX_DEPTH || this.#left-- <= 0) {
      return [this.format(typeId, memberStart, depth + 1, bitSize)];
    }
    return this.#members(type, memberStart, depth + 1);
  }

  #variables(type: BtfSection, depth: number): string[] {
    const texts: string[] = [];
    for (const { typeId, offset } of type.entries) {
      if (this.#left <= 0) {
        texts.push("…");
        break;
      }
      texts.push(`${this.#btf.nameOf(typeId)}: ${this.format(typeId, offset * 8, depth + 1)}`);
    }
    return texts;
  }

  #array(type: BtfArray, start: number, depth: number): string {
    const element = skipModifiers(this.#btf, type.typeId);
    if (element.kind === "int" && isChar(element)) {
      const text = this.#text(start, type.length);
      if (text !== undefined) return text;
    }
    const size = sizeOf(this.#btf, type.typeId) * 8;
    const texts: string[] = [];
    for (let i = 0; i < type.length; i++) {
      if (i >= MAX_ELEMENTS || this.#left <= 0) {
        texts.push(`… ${type.length - i} more`);
        break;
      }
      texts.push(this.format(type.typeId, start + i * size, depth + 1));
    }
    return `[${texts.join(", ")}]`;
  }

  /** What characters say up to the first NUL; `undefined` where it is not text. */
  #text(start: number, length: number): string | undefined {
    this.#check(start, length * 8);
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + start / 8, length);
    const end = bytes.indexOf(0);
    let text: string;
    try {
      // Copied, since decoders refuse shared memory, as that of a mapping may be
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.slice(0, end < 0 ? length : end));
    } catch {
      return undefined;
    }
    // Control characters but for white space mean that it is no text
    if (/[^\P{Cc}\s]/u.test(text)) return undefined;
    return JSON.stringify(text.slice(0, MAX_TEXT)) + (text.length > MAX_TEXT ? "…" : "");
  }

  #int(type: BtfInt, start: number, bitSize: number): string {
    const bits = bitSize || type.bits;
    const raw = this.#bits(start + (bitSize === 0 ? type.bitOffset : 0), bits);
    if (type.bool && raw <= 1n) return raw === 1n ? "true" : "false";
    return String(type.signed ? BigInt.asIntN(bits, raw) : raw);
  }

  #enum(type: BtfEnum, start: number, bitSize: number): string {
    const bits = bitSize || Math.min(type.size * 8, 64);
    const raw = this.#bits(start, bits);
    const value = type.signed ? BigInt.asIntN(bits, raw) : raw;
    return type.values.find((each) => each.value === value)?.name ?? String(value);
  }

  #float({ size }: BtfFloat, start: number): string {
    this.#check(start, size * 8);
    if (size === 4) return String(this.#view.getFloat32(start / 8, this.#littleEndian));
    if (size === 8) return String(this.#view.getFloat64(start / 8, this.#littleEndian));
    return `0x${this.#bits(start, Math.min(size * 8, 128)).toString(16)}`;
  }

  #bits(start: number, count: number): bigint {
    this.#check(start, count);
    return readBits(this.#view, start, count, this.#littleEndian);
  }

  #check(start: number, bits: number): void {
    if (start + bits <= this.#view.byteLength * 8) return;
    throw new BtfError(`Cannot show a value: the type has a part beyond its ${this.#view.byteLength} bytes`);
  }
}

/** C's `char`, whose sign is up to the compiler, is one by its name in BTF of clang. */
function isChar(type: BtfInt): boolean {
  return type.size === 1 && (type.char || type.name === "char");
}

function braces(texts: readonly string[]): string {
  return texts.length === 0 ? "{}" : `{ ${texts.join(", ")} }`;
}
