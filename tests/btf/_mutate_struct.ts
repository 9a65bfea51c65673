/** Changes of generated structs, with the difference in layout that comes of them. */
import { struct, type StructCodec, type StructField } from "../../src/codec/mod.ts";
import { bitField, type Composite, type Field, plainField } from "../codec/_c_composites.ts";
import { INTEGERS } from "../codec/_c_scalars.ts";
import { pick, type Random } from "../fuzz/_random.ts";

/** The codec of a struct like another one, but for a field that is moved, resized or left out. */
export function mutateStruct({ fields, packed, tag }: Composite, random: Random): StructCodec<unknown> {
  const changed = [...fields];
  const last = fields.at(-1)?.elements === undefined ? fields.length : fields.length - 1;
  const [i, j] = [random(last), random(last)];
  const [one, other] = [fields[i], fields[j]];
  if (one === undefined || other === undefined) return codecOf(fields, packed, tag);
  switch (random(3)) {
    case 0:
      [changed[i], changed[j]] = [other, one];
      break;
    case 1:
      changed[i] = resized(one, random);
      break;
    default:
      changed.splice(i, 1);
  }
  return codecOf(changed, packed, tag);
}

function codecOf(fields: readonly Field[], packed: boolean, name: string): StructCodec<unknown> {
  const members = Object.fromEntries(fields.map(({ name, member }) => [name, member]));
  return struct(members, { packed, name }) as StructCodec<unknown>;
}

function resized(field: Field, random: Random): Field {
  const { name } = field;
  const type = pick(random, INTEGERS);
  if (field.type === undefined) return field;
  if (random(2) === 0) return plainField(name, type);
  return bitField(name, type, type.codec, type.signed, 1 + random(type.bits));
}

/**
 * What is to be said about a codec that is not laid out as another one, which has the same layout as C; `undefined`
 * where nothing is.
 */
export function expectedDifference(
  codec: StructCodec<unknown>,
  original: StructCodec<unknown>,
): string | undefined {
  const places = new Map(original.fields.map((field) => [field.name, field]));
  for (const field of codec.fields) {
    const place = places.get(field.name);
    const found = place && fieldDifference(field, place, original.type);
    if (found !== undefined) return found;
  }
  const fits = codec.flexible ? codec.size <= original.size : codec.size === original.size;
  return fits ? undefined : `the value has ${shown(codec.size)} here, ${original.type} has ${original.size}`;
}

function fieldDifference(field: StructField, place: StructField, owner: string): string | undefined {
  const name = `field "${field.name}"`;
  const [here, there] = [field.bitOffset ?? field.offset * 8, place.bitOffset ?? place.offset * 8];
  if (here !== there) {
    const bits = here % 8 !== 0 || there % 8 !== 0;
    const at = (bit: number) => bits ? `bit ${bit}` : `byte ${bit / 8}`;
    return `${name} is at ${at(here)} here, at ${at(there)} in ${owner}`;
  }
  if (lengthOf(field) === lengthOf(place)) {
    const isFloat = ({ type }: StructField) => type === "float" || type === "double";
    if (field.bitWidth !== undefined || isFloat(field) === isFloat(place)) return undefined;
    return `${name} is ${field.type} here, ${place.type} in ${owner}`;
  }
  if (field.bitWidth === undefined && place.bitWidth === undefined) {
    return `${name} has ${shown(field.size)} here, ${place.size} in ${owner}`;
  }
  return `${name} has ${shownLength(field)} here, ${shownLength(place)} in ${owner}`;
}

function lengthOf({ size, bitWidth }: StructField): number {
  return bitWidth ?? size * 8;
}

function shownLength({ size, bitWidth }: StructField): string {
  return bitWidth === undefined ? shown(size) : `${bitWidth} bit${bitWidth === 1 ? "" : "s"}`;
}

function shown(size: number): string {
  return `${size} byte${size === 1 ? "" : "s"}`;
}
