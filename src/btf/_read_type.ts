import { BtfError } from "../errors.ts";
import {
  flagOfInfo,
  INT_BOOL,
  INT_CHAR,
  INT_SIGNED,
  KIND_ENUM64,
  kindOfInfo,
  KINDS,
  lengthOfInfo,
  LINKAGES,
  RECORD_WORDS,
} from "./_records.ts";
import type { Strings } from "./_strings.ts";
import type {
  BtfEnumerator,
  BtfFunction,
  BtfMember,
  BtfParameter,
  BtfSectionEntry,
  BtfType,
} from "./types.ts";

/** What types are read from. */
export interface TypeSource {
  /** The type section. */
  readonly words: Uint32Array;
  /** Where the type section starts, in bytes from the start of the blob. */
  readonly typesStart: number;
  readonly strings: Strings;
  /** One more than the highest valid id. */
  readonly count: number;
}

/** Reads the record that starts at word `at`, whose extent `indexTypes` has checked. */
export function readType(source: TypeSource, id: number, at: number): BtfType {
  const name = source.strings.text(word(source, at));
  const info = word(source, at + 1);
  const kindNumber = kindOfInfo(info);
  const kind = KINDS[kindNumber];
  const sizeAt = at + 2;
  const tail = at + RECORD_WORDS;
  switch (kind) {
    case "int": {
      const encoding = word(source, tail);
      const flags = encoding >>> 24;
      return {
        kind,
        id,
        name,
        size: word(source, sizeAt),
        bits: encoding & 0xff,
        bitOffset: (encoding >>> 16) & 0xff,
        signed: (flags & INT_SIGNED) !== 0,
        char: (flags & INT_CHAR) !== 0,
        bool: (flags & INT_BOOL) !== 0,
      };
    }
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return { kind, id, name, typeId: typeIdAt(source, sizeAt) };
    case "typeTag": {
      const tag = { kind, id, name, typeId: typeIdAt(source, sizeAt) };
      return flagOfInfo(info) ? { ...tag, attribute: true } : tag;
    }
    case "array":
      return {
        kind,
        id,
        name,
        typeId: typeIdAt(source, tail),
        indexTypeId: typeIdAt(source, tail + 1),
        length: word(source, tail + 2),
      };
    case "struct":
    case "union":
      return { kind, id, name, size: word(source, sizeAt), members: readMembers(source, tail, info) };
    case "enum": {
      const is64 = kindNumber === KIND_ENUM64;
      const signed = flagOfInfo(info);
      const values = readEnumerators(source, tail, lengthOfInfo(info), is64, signed);
      return { kind, id, name, size: word(source, sizeAt), signed, is64, values };
    }
    case "forward":
      return { kind, id, name, union: flagOfInfo(info) };
    case "function": {
      const linkage = linkageOf(source, lengthOfInfo(info), at + 1);
      return { kind, id, name, typeId: typeIdAt(source, sizeAt), linkage };
    }
    case "prototype": {
      const parameters = readParameters(source, tail, lengthOfInfo(info));
      return { kind, id, name, returnTypeId: typeIdAt(source, sizeAt), parameters };
    }
    case "variable": {
      const linkage = linkageOf(source, word(source, tail), tail);
      return { kind, id, name, typeId: typeIdAt(source, sizeAt), linkage };
    }
    case "section": {
      const entries = readEntries(source, tail, lengthOfInfo(info));
      return { kind, id, name, size: word(source, sizeAt), entries };
    }
    case "float":
      return { kind, id, name, size: word(source, sizeAt) };
    case "declTag": {
      const component = word(source, tail) | 0;
      const tag = { kind, id, name, typeId: typeIdAt(source, sizeAt), component };
      return flagOfInfo(info) ? { ...tag, attribute: true } : tag;
    }
    default:
      throw new BtfError(`Cannot read BTF type ${id}: kind ${kindNumber} is unknown`, {
        offset: offsetOf(source, at + 1),
      });
  }
}

function readMembers(source: TypeSource, start: number, info: number): BtfMember[] {
  const members: BtfMember[] = [];
  const hasBitfields = flagOfInfo(info);
  const end = start + lengthOfInfo(info) * 3;
  for (let at = start; at < end; at += 3) {
    const place = word(source, at + 2);
    members.push({
      name: source.strings.text(word(source, at)),
      typeId: typeIdAt(source, at + 1),
      bitOffset: hasBitfields ? place & 0xffffff : place,
      bitSize: hasBitfields ? place >>> 24 : 0,
    });
  }
  return members;
}

function readEnumerators(
  source: TypeSource,
  start: number,
  length: number,
  is64: boolean,
  signed: boolean,
): BtfEnumerator[] {
  const values: BtfEnumerator[] = [];
  const size = is64 ? 3 : 2;
  const end = start + length * size;
  for (let at = start; at < end; at += size) {
    const low = BigInt(word(source, at + 1));
    const value = is64 ? low | BigInt(word(source, at + 2)) << 32n : low;
    values.push({
      name: source.strings.text(word(source, at)),
      value: signed ? BigInt.asIntN(is64 ? 64 : 32, value) : value,
    });
  }
  return values;
}

function readParameters(source: TypeSource, start: number, length: number): BtfParameter[] {
  const parameters: BtfParameter[] = [];
  const end = start + length * 2;
  for (let at = start; at < end; at += 2) {
    parameters.push({ name: source.strings.text(word(source, at)), typeId: typeIdAt(source, at + 1) });
  }
  return parameters;
}

function readEntries(source: TypeSource, start: number, length: number): BtfSectionEntry[] {
  const entries: BtfSectionEntry[] = [];
  const end = start + length * 3;
  for (let at = start; at < end; at += 3) {
    entries.push({
      typeId: typeIdAt(source, at),
      offset: word(source, at + 1),
      size: word(source, at + 2),
    });
  }
  return entries;
}

function linkageOf(source: TypeSource, number: number, at: number): BtfFunction["linkage"] {
  const linkage = LINKAGES[number];
  if (linkage === undefined) {
    throw new BtfError(`Cannot read BTF: linkage ${number} is unknown`, { offset: offsetOf(source, at) });
  }
  return linkage;
}

function typeIdAt(source: TypeSource, at: number): number {
  const id = word(source, at);
  if (id >= source.count) {
    throw new BtfError(`Cannot read BTF: type ${id} is referred to and the highest is ${source.count - 1}`, {
      offset: offsetOf(source, at),
    });
  }
  return id;
}

function word(source: TypeSource, at: number): number {
  return source.words[at] ?? 0;
}

function offsetOf(source: TypeSource, at: number): number {
  return source.typesStart + at * 4;
}
