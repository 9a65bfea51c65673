import type { BtfType } from "./types.ts";

/** Calls `visit` with the id of each type that a type refers to, in the order of its record. */
export function forEachReference(type: BtfType, visit: (id: number) => void): void {
  switch (type.kind) {
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "typeTag":
    case "function":
    case "variable":
    case "declTag":
      visit(type.typeId);
      break;
    case "array":
      visit(type.typeId);
      visit(type.indexTypeId);
      break;
    case "struct":
    case "union":
      for (const member of type.members) visit(member.typeId);
      break;
    case "prototype":
      visit(type.returnTypeId);
      for (const parameter of type.parameters) visit(parameter.typeId);
      break;
    case "section":
      for (const entry of type.entries) visit(entry.typeId);
      break;
  }
}

/** The type with each id that it refers to replaced by what `map` gives for it. */
export function mapReferences<T extends BtfType>(type: T, map: (id: number) => number): T;
export function mapReferences(type: BtfType, map: (id: number) => number): BtfType {
  switch (type.kind) {
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "typeTag":
    case "function":
    case "variable":
    case "declTag":
      return { ...type, typeId: map(type.typeId) };
    case "array":
      return { ...type, typeId: map(type.typeId), indexTypeId: map(type.indexTypeId) };
    case "struct":
    case "union":
      return { ...type, members: type.members.map((part) => ({ ...part, typeId: map(part.typeId) })) };
    case "prototype": {
      const parameters = type.parameters.map((part) => ({ ...part, typeId: map(part.typeId) }));
      return { ...type, returnTypeId: map(type.returnTypeId), parameters };
    }
    case "section":
      return { ...type, entries: type.entries.map((part) => ({ ...part, typeId: map(part.typeId) })) };
    default:
      return type;
  }
}
