import {
  INT_BOOL,
  INT_CHAR,
  INT_SIGNED,
  KIND_ENUM64,
  KINDS,
  LINKAGES,
  MAX_LENGTH,
  recordWords,
} from "./_records.ts";
import type { BtfEnum, BtfMember, NewBtfType } from "./types.ts";

/** How long the record of a type is, in bytes. */
export function recordSize(type: NewBtfType): number {
  return 4 * recordWords(kindNumber(type), lengthOf(type));
}

function kindNumber(type: NewBtfType): number {
  return type.kind === "enum" && type.is64 ? KIND_ENUM64 : KINDS.indexOf(type.kind);
}

/** `vlen`, which of a function is its linkage. */
function lengthOf(type: NewBtfType): number {
  switch (type.kind) {
    case "struct":
    case "union":
      return type.members.length;
    case "enum":
      return type.values.length;
    case "prototype":
      return type.parameters.length;
    case "section":
      return type.entries.length;
    case "function":
      return LINKAGES.indexOf(type.linkage);
    default:
      return 0;
  }
}

/** `kind_flag`. */
function flagOf(type: NewBtfType): boolean {
  switch (type.kind) {
    case "struct":
    case "union":
      return hasBitfields(type.members);
    case "enum":
      return type.signed;
    case "forward":
      return type.union;
    case "typeTag":
    case "declTag":
      return type.attribute === true;
    default:
      return false;
  }
}

/** What records are written with. */
export interface RecordWriterOptions {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** The offset of a string in the string section. */
  readonly string: (text: string) => number;
  /** One more than the highest id that may be referred to. */
  readonly count: number;
}

/** Writes records one after the other. */
export class RecordWriter {
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  readonly #string: (text: string) => number;
  readonly #count: number;
  #at = 0;
  /** What is written at the moment, for messages. */
  #type: NewBtfType | undefined;

  constructor({ view, littleEndian, string, count }: RecordWriterOptions) {
    this.#view = view;
    this.#littleEndian = littleEndian;
    this.#string = string;
    this.#count = count;
  }

  /** Writes the record of a type. */
  write(type: NewBtfType): void {
    this.#type = type;
    const length = lengthOf(type);
    if (length > MAX_LENGTH) throw this.#refusal(`${length} parts are more than ${MAX_LENGTH}`);
    this.#word(this.#string(type.name));
    this.#word((flagOf(type) ? 0x8000_0000 : 0) + kindNumber(type) * 0x100_0000 + length);
    this.#sizeOrType(type);
    this.#rest(type);
  }

  /** The union of `size` and `type`. */
  #sizeOrType(type: NewBtfType): void {
    switch (type.kind) {
      case "int":
      case "struct":
      case "union":
      case "enum":
      case "section":
      case "float":
        this.#word(type.size);
        break;
      case "prototype":
        this.#reference(type.returnTypeId);
        break;
      case "array":
      case "forward":
        this.#word(0);
        break;
      default:
        this.#reference(type.typeId);
    }
  }

  /** What comes after `struct btf_type`. */
  #rest(type: NewBtfType): void {
    switch (type.kind) {
      case "int": {
        const { bits, bitOffset, signed, char, bool } = type;
        if (bits > 0xff || bitOffset > 0xff) throw this.#refusal("it has more than 255 bits");
        const flags = (signed ? INT_SIGNED : 0) | (char ? INT_CHAR : 0) | (bool ? INT_BOOL : 0);
        this.#word(flags * 0x100_0000 + bitOffset * 0x1_0000 + bits);
        break;
      }
      case "array":
        this.#reference(type.typeId);
        this.#reference(type.indexTypeId);
        this.#word(type.length);
        break;
      case "variable":
        this.#word(LINKAGES.indexOf(type.linkage));
        break;
      case "declTag":
        this.#word(type.component >>> 0);
        break;
      case "struct":
      case "union": {
        const flag = hasBitfields(type.members);
        for (const member of type.members) {
          this.#word(this.#string(member.name));
          this.#reference(member.typeId);
          this.#word(flag ? this.#bitfieldPlace(member) : member.bitOffset);
        }
        break;
      }
      case "enum":
        for (const { name, value } of type.values) {
          this.#word(this.#string(name));
          this.#value(type, value);
        }
        break;
      case "prototype":
        for (const { name, typeId } of type.parameters) {
          this.#word(this.#string(name));
          this.#reference(typeId);
        }
        break;
      case "section":
        for (const { typeId, offset, size } of type.entries) {
          this.#reference(typeId);
          this.#word(offset);
          this.#word(size);
        }
        break;
    }
  }

  /** With `kind_flag` the upper 8 bits of a member's offset are its width. */
  #bitfieldPlace({ name, bitSize, bitOffset }: BtfMember): number {
    if (bitSize > 0xff || bitOffset > 0xff_ffff) {
      throw this.#refusal(`member "${name}" has more than 255 bits, or starts beyond bit 16777215`);
    }
    return bitSize * 0x100_0000 + bitOffset;
  }

  #value({ signed, is64 }: Omit<BtfEnum, "id">, value: bigint): void {
    const width = is64 ? 64 : 32;
    const raw = BigInt.asUintN(width, value);
    if (value !== (signed ? BigInt.asIntN(width, raw) : raw)) {
      throw this.#refusal(`${value} does not fit ${signed ? "signed" : "unsigned"} ${width} bits`);
    }
    this.#word(Number(BigInt.asUintN(32, raw)));
    if (is64) this.#word(Number(raw >> 32n));
  }

  #reference(id: number): void {
    if (!(id >= 0 && id < this.#count)) {
      throw this.#refusal(`it refers to type ${id} and the highest is ${this.#count - 1}`);
    }
    this.#word(id);
  }

  #word(word: number): void {
    if (word !== word >>> 0) throw this.#refusal(`${word} is not an integer from 0 to 4294967295`);
    this.#view.setUint32(this.#at, word, this.#littleEndian);
    this.#at += 4;
  }

  #refusal(why: string): RangeError {
    return new RangeError(`Cannot encode BTF ${this.#type?.kind} "${this.#type?.name}": ${why}`);
  }
}

function hasBitfields(members: readonly BtfMember[]): boolean {
  return members.some((member) => member.bitSize !== 0);
}
