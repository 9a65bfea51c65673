import type { Layout } from "./_layout.ts";
import type { StructField } from "./codec.ts";

/** The fields of a struct or union with their values. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * Writes a struct or union.
 *
 * What is cleared comes first, since a flexible array member starts within the padding of the end.
 */
export function writeFields(type: string, layout: Layout, view: DataView, at: number, values: Values): void {
  for (const [start, end] of layout.cleared) {
    for (let i = start; i < end; i++) view.setUint8(at + i, 0);
  }
  let shared: StructField[] | undefined;
  for (const field of layout.fields) {
    if (!field.shared) writeField(field, view, at, values);
    else if (isGiven(values, field.name)) (shared ??= []).push(field);
  }
  if (shared === undefined) return;
  const [first, ...others] = shared;
  if (first !== undefined && others.length === 0) writeField(first, view, at, values);
  else writeAgreeing(type, layout, shared, view, at, values);
}

/** What every object has, as `constructor`. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Whether a field is given, and not only what every object has. */
export function isGiven(values: Values, name: string): boolean {
  return values[name] !== undefined && (!INHERITED.has(name) || Object.hasOwn(values, name));
}

function writeField({ name, offset, codec }: StructField, view: DataView, at: number, values: Values): void {
  try {
    codec.write(view, at + offset, values[name]);
  } catch (error) {
    throw inField(name, error);
  }
}

/** Says in which field a value did not fit: `Cannot encode field "pid": -1 as u32: not an integer from 0 to …`. */
function inField(name: string, error: unknown): unknown {
  if (!(error instanceof RangeError || error instanceof TypeError)) return error;
  const message = `Cannot encode field "${name}": ${error.message.replace(/^Cannot encode /, "")}`;
  return error instanceof RangeError
    ? new RangeError(message, { cause: error })
    : new TypeError(message, { cause: error });
}

/**
 * Writes several members of unions, each of which must then read as it was given.
 *
 * Their bits are put together, for one may have bits that are padding in another.
 */
function writeAgreeing(
  type: string,
  { size, flexible }: Layout,
  fields: readonly StructField[],
  view: DataView,
  at: number,
  values: Values,
): void {
  const length = flexible ? view.byteLength - at : size;
  const alone = (field: StructField, value: unknown): Uint8Array => {
    const bytes = new Uint8Array(length);
    writeField(field, new DataView(bytes.buffer), 0, { [field.name]: value });
    return bytes;
  };
  const target = new Uint8Array(view.buffer, view.byteOffset + at, length);
  const given = fields.map((field) => ({ field, bytes: alone(field, values[field.name]) }));
  for (const { bytes } of given) bytes.forEach((byte, i) => target[i] = (target[i] ?? 0) | byte);
  for (const { field, bytes } of given) {
    if (readsAs(bytes, () => alone(field, field.codec.read(view, at + field.offset)))) continue;
    throw new TypeError(
      `Cannot encode a value as ${type}: member "${field.name}" shares bytes with one that differs: give one of them`,
    );
  }
}

function readsAs(bytes: Uint8Array, again: () => Uint8Array): boolean {
  try {
    const other = again();
    return bytes.every((byte, i) => byte === other[i]);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
