import type { Btf } from "./btf.ts";
import type { BtfType } from "./types.ts";

/**
 * A number for each type, which two types share that agree in everything but the types they refer to. Indexed by id.
 *
 * @throws {BtfError} A record is malformed.
 */
export function shapesOf(btf: Btf): Uint32Array {
  const shapes = new Uint32Array(btf.count);
  const numbers = new Map<string, number>();
  for (let id = 1; id < btf.count; id++) {
    const text = shapeText(btf.type(id));
    let shape = numbers.get(text);
    if (shape === undefined) numbers.set(text, shape = numbers.size + 1);
    shapes[id] = shape;
  }
  return shapes;
}

/** Names come last or before a NUL, which they cannot have. */
function shapeText(type: BtfType): string {
  const head = `${type.kind}\0${type.name}\0`;
  switch (type.kind) {
    case "int":
      return `${head}${type.size},${type.bits},${type.bitOffset},${type.signed},${type.char},${type.bool}`;
    case "array":
      return `${head}${type.length}`;
    case "struct":
    case "union": {
      let text = `${head}${type.size}`;
      for (const member of type.members) text += `,${member.bitOffset},${member.bitSize},${member.name}\0`;
      return text;
    }
    case "enum": {
      let text = `${head}${type.size},${type.signed},${type.is64}`;
      for (const { value, name } of type.values) text += `,${value},${name}\0`;
      return text;
    }
    case "forward":
      return `${head}${type.union}`;
    case "function":
    case "variable":
      return `${head}${type.linkage}`;
    case "prototype": {
      let text = head;
      for (const { name } of type.parameters) text += `${name}\0`;
      return text;
    }
    case "float":
      return `${head}${type.size}`;
    case "declTag":
      return `${head}${type.component},${type.attribute === true}`;
    case "typeTag":
      return `${head}${type.attribute === true}`;
    default:
      return head;
  }
}
