/** Arrays, structs and unions of C for generated structs. */
import {
  arrayOf,
  type Bits,
  bits,
  type Codec,
  rest,
  struct,
  type StructCodec,
  union,
} from "../../src/codec/mod.ts";
import { pick, type Random } from "../fuzz/_random.ts";
import { bytesLine, type CType, literal, numberLine, randomInteger, type Scalar } from "./_c_type.ts";
import { copied } from "./_c_scalars.ts";

/** A C array of `length` elements. */
export function list(element: CType, length: number): CType {
  return {
    codec: arrayOf(element.codec, length),
    declare: (name) => element.declare(`${name}[${length}]`),
    value: (random) => Array.from({ length }, () => element.value(random)),
    assign: (place, values) => assignAll(element, place, values as unknown[]),
    print: (place) => printAll(element, place, `${length}`),
    lines: (values) => (values as unknown[]).flatMap((value) => element.lines(value)),
  };
}

function assignAll(element: CType, place: string, values: readonly unknown[]): string[] {
  return values.flatMap((value, i) => element.assign(`${place}[${i}]`, value));
}

/** Loops in loops have names by how deep they are. */
function printAll(element: CType, place: string, length: string): string[] {
  const index = `i${place.split("[").length}`;
  return [
    `for (size_t ${index} = 0; ${index} < ${length}; ${index}++) {`,
    ...element.print(`${place}[${index}]`),
    "}",
  ];
}

/** A field of a generated struct or union. */
export interface Field {
  readonly name: string;
  /** As C declares it. */
  readonly declaration: string;
  /** As `struct()` takes it. */
  readonly member: Codec<unknown> | Bits<unknown>;
  /** What it is; none where it only closes a unit. */
  readonly type: CType | undefined;
  /** Of how many elements a flexible array member is. */
  readonly elements?: number;
}

/** A field that has bytes of its own. */
export function plainField(name: string, type: CType): Field {
  return { name, declaration: type.declare(name), member: type.codec, type };
}

/** A bitfield of a type; without a name and value where its width is 0. */
export function bitField(
  name: string,
  { declare }: Scalar,
  base: Codec<unknown>,
  signed: boolean,
  width: number,
): Field {
  const member = bits(base as Codec<number>, width);
  const declaration = declare(`${width === 0 ? "" : name} : ${width}`);
  if (width === 0) return { name, declaration, member, type: undefined };
  const isFlag = base.type === "bool";
  const type: CType = {
    codec: member.at(0),
    declare,
    value(random) {
      const value = randomInteger(random, width, signed);
      return isFlag ? value === 1n : base.size > 4 ? value : Number(value);
    },
    assign: (place, value) => [`${place} = ${literal(value)};`],
    print: (place) => [`number(${place});`],
    lines: (value) => [numberLine(value)],
  };
  return { name, declaration, member, type };
}

/** A flexible array member, which a value has so many elements of. */
export function flexibleField(name: string, element: CType | undefined, elements: number): Field {
  const length = `(total - offsetof(__typeof__(*p), ${name})) / sizeof(p->${name}[0])`;
  if (element === undefined) {
    const type: CType = {
      codec: rest(),
      declare: (name) => `u8 ${name}[]`,
      value: (random) => Uint8Array.from({ length: elements }, () => random(256)),
      assign: (place, value) => copied(place, value as Uint8Array),
      print: (place) => [`bytes(${place}, ${length});`],
      lines: (value) => [bytesLine(value as Iterable<number>)],
    };
    return { name, declaration: type.declare(name), member: type.codec, type, elements };
  }
  const type: CType = {
    ...list(element, 1),
    codec: rest(element.codec),
    declare: (name) => element.declare(`${name}[]`),
    value: (random) => Array.from({ length: elements }, () => element.value(random)),
    print: (place) => printAll(element, place, length),
  };
  return { name, declaration: type.declare(name), member: type.codec, type, elements };
}

/** A struct or union with what C needs to define it. */
export interface Composite extends CType {
  readonly tag: string;
  readonly kind: "struct" | "union";
  readonly packed: boolean;
  readonly codec: StructCodec<unknown>;
  readonly fields: readonly Field[];
  readonly definition: string;
}

/** A struct or union of fields. */
export function composite(
  kind: "struct" | "union",
  tag: string,
  packed: boolean,
  fields: readonly Field[],
): Composite {
  const named = fields.flatMap(({ name, type }) => type === undefined ? [] : [{ name, type }]);
  const members = Object.fromEntries(fields.map(({ name, member }) => [name, member]));
  const make = kind === "struct" ? struct : union;
  const attribute = packed ? "__attribute__((packed)) " : "";
  const body = fields.map(({ declaration }) => `\t${declaration};\n`).join("");
  const partOf = (value: unknown, name: string) => (value as Readonly<Record<string, unknown>>)[name];
  const given = (value: unknown) => named.filter(({ name }) => Object.hasOwn(value as object, name));
  return {
    tag,
    kind,
    packed,
    fields,
    codec: make(members, { name: tag, packed }) as StructCodec<unknown>,
    definition: `${kind} ${attribute}${tag} {\n${body}};`,
    declare: (name) => `${kind} ${tag} ${name}`,
    value(random) {
      const set = kind === "struct" ? named : [pick(random, named)];
      return Object.fromEntries(set.map(({ name, type }) => [name, type.value(random)]));
    },
    assign: (place, value) =>
      given(value).flatMap(({ name, type }) => type.assign(`${place}.${name}`, partOf(value, name))),
    print: (place) => named.flatMap(({ name, type }) => type.print(`${place}.${name}`)),
    lines: (value) => named.flatMap(({ name, type }) => type.lines(partOf(value, name))),
  };
}

/** A random number of bytes or elements: often few. */
export function randomLength(random: Random): number {
  return 1 + random(1 + random(6));
}
