import { checkObject } from "./_check.ts";
import { layoutUnion } from "./_layout.ts";
import { isGiven, writeFields } from "./_write.ts";
import type { Bits } from "./bits.ts";
import type { Codec, Infer, StructField } from "./codec.ts";
import { structReader } from "./compile.ts";
import type { StructCodec, StructOptions } from "./struct.ts";

/**
 * A C union, as an object with its members.
 *
 * Reading gives every member, but for those whose codec refuses the bytes. Writing takes one member, or several that
 * agree, as those do that were read together; what they leave of the bytes becomes 0.
 *
 * @throws {TypeError} A member has no fixed size, or a name starts with a digit.
 *
 * @example
 * ```ts
 * import { type Infer, ipv4, u32, union } from "@waggle/ebpf/codec";
 *
 * const Address = union({ v4: ipv4, raw: u32 }, { name: "address" });
 * type Address = Infer<typeof Address>; // { v4?: string; raw?: number }
 *
 * const view = new DataView(new ArrayBuffer(Address.size));
 * Address.write(view, 0, { v4: "192.0.2.1" });
 * Address.read(view, 0).raw; // 0x010200c0 on little-endian machines
 * ```
 */
export function union<const F extends Readonly<Record<string, Codec<unknown> | Bits<unknown>>>>(
  members: F,
  options: StructOptions = {},
): StructCodec<{ -readonly [K in keyof F]?: Infer<F[K]> }> {
  type Value = { -readonly [K in keyof F]?: Infer<F[K]> };
  const type = options.name === undefined ? "union" : `union ${options.name}`;
  const layout = layoutUnion(type, members, options.packed ?? false);
  const { size, align, fields } = layout;
  const read = structReader(fields);
  return {
    size,
    align,
    type,
    fields,
    read(view, at) {
      // Throws where the bytes end too soon, which would otherwise only leave members out
      if (size > 0) view.getUint8(at + size - 1);
      try {
        return read(view, at) as Value;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return Object.fromEntries(readable(fields, view, at)) as Value;
      }
    },
    write(view, at, value) {
      checkObject(type, value);
      const names = fields.map(({ name }) => name);
      if (!names.some((name) => isGiven(value, name))) {
        throw new TypeError(
          `Cannot encode a value as ${type}: it has none of the members ${names.join(", ")}`,
        );
      }
      writeFields(type, layout, view, at, value);
    },
  };
}

function* readable(fields: readonly StructField[], view: DataView, at: number): Generator<[string, unknown]> {
  for (const { name, offset, codec } of fields) {
    try {
      yield [name, codec.read(view, at + offset)];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
}
