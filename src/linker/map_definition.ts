import { BtfError } from "../errors.ts";
import { type Btf, type BtfMember, sizeOf, skipModifiers } from "../btf/core.ts";
import { incompatibility, type TypePlace } from "./compatible.ts";

/** A definition of a map, as far as two objects must agree about it (`struct btf_map_def` of libbpf). */
interface MapDefinition {
  readonly btf: Btf;
  /** Attributes that are numbers; those left out are 0. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The ids of the types, of which the sizes are numbers. */
  readonly key: number | undefined;
  readonly value: number | undefined;
  /** What the elements are like, where they are maps. */
  readonly inner: MapDefinition | undefined;
}

/** The attributes that must agree, `map_extra` not among them (`map_defs_match` of libbpf's `linker.c`). */
const NUMBERS = [
  "type",
  "key_size",
  "value_size",
  "max_entries",
  "map_flags",
  "numa_node",
  "pinning",
] as const;

/**
 * What keeps two variables from being the same map; `undefined` where nothing does. A declaration has to be as
 * complete as the definition.
 *
 * @throws {BtfError} A type is malformed.
 */
export function mapIncompatibility(one: TypePlace, other: TypePlace): string | undefined {
  return compare(readVariable(one), readVariable(other));
}

function compare(one: MapDefinition, other: MapDefinition): string | undefined {
  for (const name of NUMBERS) {
    const [first, second] = [one.numbers.get(name) ?? 0, other.numbers.get(name) ?? 0];
    if (first !== second) return `its ${name} is ${first} or ${second}`;
  }
  for (const part of ["key", "value"] as const) {
    const [first, second] = [one[part], other[part]];
    if ((first === undefined) !== (second === undefined)) return `its ${part} has a type or none`;
    if (first === undefined || second === undefined) continue;
    const fault = incompatibility({ btf: one.btf, id: first }, { btf: other.btf, id: second });
    if (fault !== undefined) return `its ${part} differs: ${fault}`;
  }
  if ((one.inner === undefined) !== (other.inner === undefined)) return "it holds maps or none";
  if (one.inner === undefined || other.inner === undefined) return undefined;
  const fault = compare(one.inner, other.inner);
  return fault === undefined ? undefined : `of the maps it holds, ${fault}`;
}

function readVariable({ btf, id }: TypePlace): MapDefinition {
  const variable = btf.type(id);
  const definition = variable.kind === "variable" ? skipModifiers(btf, variable.typeId) : variable;
  if (definition.kind !== "struct") {
    throw new BtfError(`Cannot read map "${variable.name}": it is a ${definition.kind}, not a struct`);
  }
  return read(btf, definition.members, false);
}

/** As `parse_btf_map_def` of `libbpf.c`. */
function read(btf: Btf, members: readonly BtfMember[], isInner: boolean): MapDefinition {
  const numbers = new Map<string, number>();
  const types = new Map<string, number>();
  let inner: MapDefinition | undefined;
  for (const member of members) {
    const pointer = skipModifiers(btf, member.typeId);
    if (member.name === "values") {
      numbers.set("value_size", 4);
      if (!isInner) inner = readInner(btf, member.typeId);
    } else if (member.name === "key" || member.name === "value") {
      if (pointer.kind !== "pointer") throw malformed(member.name, "a type");
      types.set(member.name, pointer.typeId);
      numbers.set(`${member.name}_size`, sizeOf(btf, pointer.typeId));
    } else if (member.name !== "map_extra") {
      const array = pointer.kind === "pointer" ? btf.type(pointer.typeId) : pointer;
      if (array.kind !== "array") throw malformed(member.name, "a number");
      numbers.set(member.name, array.length);
    }
  }
  return { btf, numbers, key: types.get("key"), value: types.get("value"), inner };
}

/** Of an array of programs the elements are no structs. */
function readInner(btf: Btf, arrayId: number): MapDefinition | undefined {
  const array = btf.type(arrayId);
  const pointer = array.kind === "array" ? skipModifiers(btf, array.typeId) : array;
  if (pointer.kind !== "pointer") throw malformed("values", "an array of pointers");
  const element = skipModifiers(btf, pointer.typeId);
  return element.kind === "struct" ? read(btf, element.members, true) : undefined;
}

function malformed(attribute: string, what: string): BtfError {
  return new BtfError(`Cannot read a map definition: its attribute "${attribute}" is not ${what}`);
}
