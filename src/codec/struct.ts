import { describe } from "./_check.ts";
import type { Codec, Infer } from "./codec.ts";
import { compileReader, type PlacedField, type StructReader } from "./compile.ts";

/** A field of a {@linkcode StructCodec}, for comparing layouts. */
export interface StructField {
  /** The field's name. */
  readonly name: string;
  /** In bytes from the start of the struct. */
  readonly offset: number;
  /** In bytes; 0 for flexible array members. */
  readonly size: number;
  /** The C type. */
  readonly type: string;
}

/** A codec of a C struct, with the places of its fields. */
export interface StructCodec<T> extends Codec<T> {
  /** In the order of memory. */
  readonly fields: readonly StructField[];
}

/** Options of {@linkcode struct}. */
export interface StructOptions {
  /** The struct's tag in C, for messages. */
  readonly name?: string;
  /** Lays fields out without padding, as `__attribute__((packed))` does. */
  readonly packed?: boolean;
}

/**
 * A C struct, as an object with the same fields in the same order.
 *
 * Each field is placed as the C compiler places it: at the next multiple of its alignment, and the end padded to a
 * multiple of the largest. A codec without a fixed size, as {@linkcode rest}, can only be the last field. Padding is
 * skipped when reading and zeroed when writing, as keys of hash maps need it.
 *
 * @throws {TypeError} A field before the last has no fixed size, or a name starts with a digit.
 *
 * @example
 * ```ts
 * import { cstr, type Infer, struct, u32, u64 } from "@waggle/ebpf/codec";
 *
 * const Event = struct({ time: u64, pid: u32, comm: cstr(16) }, { name: "event" });
 * type Event = Infer<typeof Event>; // { time: bigint; pid: number; comm: string }
 *
 * const event: Event = { time: 1n, pid: 42, comm: "sh" };
 * Event.write(new DataView(new ArrayBuffer(Event.size)), 0, event);
 * ```
 */
export function struct<const F extends Readonly<Record<string, Codec<unknown>>>>(
  fields: F,
  options: StructOptions = {},
): StructCodec<{ -readonly [K in keyof F]: Infer<F[K]> }> {
  type Value = { -readonly [K in keyof F]: Infer<F[K]> };
  const type = options.name === undefined ? "struct" : `struct ${options.name}`;
  const layout = placeFields(type, fields, options.packed ?? false);
  let reader: StructReader | undefined;
  const codec: StructCodec<Value> = {
    size: layout.size,
    align: layout.align,
    type,
    fields: layout.fields.map(({ name, offset, codec }) => ({
      name,
      offset,
      size: codec.size,
      type: codec.type,
    })),
    read(view, at) {
      reader ??= compileReader(layout.fields);
      return reader(view, at) as Value;
    },
    write(view, at, value) {
      writeStruct(type, layout, view, at, value);
    },
  };
  return layout.flexible ? { ...codec, flexible: true } : codec;
}

/** Where everything is in a struct, in bytes. */
interface Layout {
  readonly fields: readonly PlacedField[];
  readonly size: number;
  readonly align: number;
  readonly flexible: boolean;
  /** Starts and ends of the gaps. */
  readonly padding: readonly (readonly [number, number])[];
}

function placeFields(
  type: string,
  codecs: Readonly<Record<string, Codec<unknown>>>,
  packed: boolean,
): Layout {
  const fields: PlacedField[] = [];
  const padding: [number, number][] = [];
  let end = 0;
  let align = 1;
  let flexible = false;
  for (const [name, codec] of Object.entries(codecs)) {
    if (/^\d/.test(name)) {
      throw new TypeError(`Cannot place field "${name}" of ${type}: objects reorder names that are numbers`);
    }
    if (flexible) {
      throw new TypeError(`Cannot place field "${name}" of ${type}: the one before has no fixed size`);
    }
    const fieldAlign = packed ? 1 : codec.align;
    const offset = alignUp(end, fieldAlign);
    if (offset > end) padding.push([end, offset]);
    fields.push({ name, offset, codec });
    end = offset + codec.size;
    align = Math.max(align, fieldAlign);
    flexible = codec.flexible === true;
  }
  const size = alignUp(end, align);
  if (size > end) padding.push([end, size]);
  return { fields, size, align, flexible, padding };
}

function alignUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/** Padding comes first, since a flexible array member starts within that of the end. */
function writeStruct<T>(type: string, layout: Layout, view: DataView, at: number, value: T): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not an object`);
  }
  for (const [start, end] of layout.padding) {
    for (let i = start; i < end; i++) view.setUint8(at + i, 0);
  }
  for (const { name, offset, codec } of layout.fields) {
    try {
      codec.write(view, at + offset, (value as Record<string, unknown>)[name]);
    } catch (error) {
      throw inField(name, error);
    }
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
