import { checkObject } from "./_check.ts";
import { type Layout, layoutStruct } from "./_layout.ts";
import { writeFields } from "./_write.ts";
import type { Bits } from "./bits.ts";
import type { Codec, Infer, StructField } from "./codec.ts";
import { type StructReader, structReader } from "./compile.ts";

/** A codec of a C struct or union, with the places of its fields. */
export interface StructCodec<T> extends Codec<T> {
  /** In the order of memory. */
  readonly fields: readonly StructField[];
}

/** Options of {@linkcode struct} and {@linkcode union}. */
export interface StructOptions {
  /** The tag in C, for messages. */
  readonly name?: string;
  /** Lays fields out without padding, as `__attribute__((packed))` does. */
  readonly packed?: boolean;
}

/**
 * A C struct, as an object with the same fields in the same order.
 *
 * Each field is placed as the C compiler places it: at the next multiple of its alignment, {@linkcode bits} where they
 * still fit, and the end padded to a multiple of the largest alignment. A codec without a fixed size, as
 * {@linkcode rest}, can only be the last field. Padding is skipped when reading and zeroed when writing, as keys of hash
 * maps need it.
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
export function struct<const F extends Readonly<Record<string, Codec<unknown> | Bits<unknown>>>>(
  fields: F,
  options: StructOptions = {},
): StructCodec<{ -readonly [K in keyof F as [Infer<F[K]>] extends [never] ? never : K]: Infer<F[K]> }> {
  const type = options.name === undefined ? "struct" : `struct ${options.name}`;
  return structCodec(type, layoutStruct(type, fields, options.packed ?? false));
}

/** The codec of a struct with a layout. */
export function structCodec<T>(
  type: string,
  layout: Layout,
  read: StructReader = structReader(layout.fields),
  check: (values: Readonly<Record<string, unknown>>) => void = () => {},
): StructCodec<T> {
  const { size, align, fields, flexible } = layout;
  return {
    size,
    align,
    type,
    fields,
    ...(flexible && { flexible: true }),
    read: read as Codec<T>["read"], // as it is: a function in between doubles the time of a read in Bun
    write(view, at, value) {
      checkObject(type, value);
      check(value);
      writeFields(type, layout, view, at, value);
    },
  };
}
