import { bitFieldAt, fieldAt, layoutOf } from "./_layout.ts";
import type { Bits } from "./bits.ts";
import type { Codec, StructField } from "./codec.ts";
import { rareStructReader, structReader } from "./compile.ts";
import { type StructCodec, structCodec } from "./struct.ts";

/** A field of {@linkcode placedStruct} that has bytes of its own. */
export interface PlacedField {
  /** The field's name. */
  readonly name: string;
  /** In bytes from the start of the struct. */
  readonly offset: number;
  /** What it is. */
  readonly codec: Codec<unknown>;
  /** Set on members of unions, which may be left out when writing. */
  readonly shared?: boolean;
}

/** A bitfield of {@linkcode placedStruct}. */
export interface PlacedBits {
  /** The field's name. */
  readonly name: string;
  /** Its first bit, in bits from the start of the struct in the order in which C fills them, as BTF counts them. */
  readonly bitOffset: number;
  /** What it is. */
  readonly bits: Bits<unknown>;
  /** Set on members of unions, which may be left out when writing. */
  readonly shared?: boolean;
}

/** Options of {@linkcode placedStruct}. */
export interface PlacedStructOptions {
  /** The C type, for messages: `struct event`. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  /** C alignment in bytes; 1 unless given. */
  readonly align?: number;
  /** Set where most such structs are read a few times only: reading is made fast once it is worth the while. */
  readonly rare?: boolean;
}

/**
 * A C struct or union whose fields have known places, as generators and BTF give them.
 *
 * Writing wants all fields but the shared ones, of which those are written that are given: one, or several that agree.
 * What no field covers becomes 0.
 *
 * @typeParam T What the fields make together.
 * @throws {RangeError} A field reaches beyond the end.
 *
 * @example
 * ```ts
 * import { placedStruct, u32, u64 } from "@waggle/ebpf/codec";
 *
 * const Event = placedStruct<{ time: bigint; pid: number }>(
 *   [{ name: "time", offset: 0, codec: u64 }, { name: "pid", offset: 12, codec: u32 }],
 *   { type: "struct event", size: 16, align: 8 },
 * );
 * Event.read(new DataView(new ArrayBuffer(16)), 0).pid; // 0
 * ```
 */
export function placedStruct<T>(
  fields: readonly (PlacedField | PlacedBits)[],
  { type, size, align = 1, rare = false }: PlacedStructOptions,
): StructCodec<T> {
  const layout = layoutOf(fields.map((field) => place(field, type, size)), size, align);
  const read = rare ? rareStructReader(layout.fields) : structReader(layout.fields);
  return structCodec(type, layout, read, (values) => {
    for (const { name, shared } of layout.fields) {
      if (shared || values[name] !== undefined) continue;
      throw new TypeError(`Cannot encode a value as ${type}: member "${name}" is missing`);
    }
  });
}

function place(field: PlacedField | PlacedBits, type: string, size: number): StructField {
  const { name } = field;
  const placed = "bits" in field
    ? bitFieldAt(name, field.bitOffset, field.bits)
    : fieldAt(name, field.offset, field.codec);
  if (!(placed.offset >= 0 && placed.offset + placed.size <= size)) {
    throw new RangeError(`Cannot place field "${name}" of ${type}: it reaches beyond ${size} bytes`);
  }
  return field.shared ? { ...placed, shared: true } : placed;
}
