/**
 * Structs that tell by a field which of several they are.
 *
 * @module
 */
import { checkObject } from "./_check.ts";
import { bytes } from "./bytes.ts";
import type { Codec, Infer } from "./codec.ts";
import type { StructCodec } from "./struct.ts";

/** Structs by the value of their tag. */
export type TaggedStructs = Readonly<Record<string | number, StructCodec<unknown>>>;

/** One of several structs, told by the field `K`, which is of the literal type of its key. */
export type Tagged<K extends string, S extends TaggedStructs> = {
  [V in keyof S]: Omit<Infer<S[V]>, K> & { [P in K]: V };
}[keyof S];

/** What a tag that no struct is known for gives, by {@linkcode TaggedOptions.unknown}; its tag is `undefined`. */
export type UnknownTagged<K extends string> =
  & { [P in K]: undefined }
  & { /** What the tag is. */ readonly unknown: unknown; /** All there is. */ readonly bytes: Uint8Array };

/** Options of {@linkcode tagged}. */
export interface TaggedOptions {
  /** The tag in C, for messages. */
  readonly name?: string;
  /** What a tag that no struct is known for is: an error, unless its bytes are asked for. */
  readonly unknown?: "bytes";
}

/**
 * One of several structs that have a field in the same place which tells them apart: events of a program that sends several
 * kinds. It goes on to the end of the bytes, since the structs differ in size.
 *
 * Keys are what the codec of the field reads: numbers, or names where it is an enum.
 *
 * @param tag The name of the field.
 * @throws {TypeError} A struct has no such field, or has it in another place or of another type.
 *
 * @example
 * ```ts
 * import { cstr, type Infer, struct, tagged, u32 } from "@waggle/ebpf/codec";
 *
 * const Event = tagged("kind", {
 *   1: struct({ kind: u32, comm: cstr(16) }),
 *   2: struct({ kind: u32, code: u32 }),
 * });
 *
 * function show(event: Infer<typeof Event>): string {
 *   return event.kind === 1 ? event.comm : `exit code ${event.code}`;
 * }
 * show({ kind: 2, code: 0 });
 * ```
 */
export function tagged<const K extends string, const S extends TaggedStructs>(
  tag: K,
  structs: S,
  options: TaggedOptions & { readonly unknown: "bytes" },
): Codec<Tagged<K, S> | UnknownTagged<K>>;
/** One of several structs, told by a field; other values of it are errors. */
export function tagged<const K extends string, const S extends TaggedStructs>(
  tag: K,
  structs: S,
  options?: TaggedOptions,
): Codec<Tagged<K, S>>;
export function tagged(tag: string, structs: TaggedStructs, options: TaggedOptions = {}): Codec<unknown> {
  const type = options.name === undefined ? "tagged struct" : `struct ${options.name}`;
  const { offset, codec } = tagField(type, tag, structs);
  const known = new Map(Object.entries(structs));
  const size = offset + codec.size;
  const names = [...known.keys()].join(", ");
  return {
    size,
    align: Math.max(...Object.values(structs).map(({ align }) => align)),
    type,
    flexible: true,
    read(view, at) {
      const value = codec.read(view, at + offset);
      const struct = known.get(String(value));
      if (!struct) {
        if (options.unknown === undefined) {
          throw new RangeError(`Cannot decode ${type}: its ${tag} is ${value}: known are ${names}`);
        }
        return { [tag]: undefined, unknown: value, bytes: bytes(view.byteLength - at).read(view, at) };
      }
      // Flexible structs may end within their padding: their own codec says what is too short.
      if (!struct.flexible && view.byteLength - at < struct.size) {
        throw new RangeError(
          `Cannot decode ${type} whose ${tag} is ${value}: it has ${view.byteLength - at} bytes, ` +
            `${struct.type} needs ${struct.size}`,
        );
      }
      return struct.read(view, at);
    },
    write(view, at, value) {
      checkObject(type, value);
      const tagValue = (value as Readonly<Record<string, unknown>>)[tag];
      const struct = known.get(String(tagValue));
      if (!struct) {
        throw new RangeError(
          `Cannot encode a value as ${type}: its ${tag} is ${tagValue}: known are ${names}`,
        );
      }
      struct.write(view, at, value);
    },
  };
}

/** The field that all of them have. */
function tagField(
  type: string,
  tag: string,
  structs: TaggedStructs,
): { offset: number; codec: Codec<unknown> } {
  const fields = Object.entries(structs).map(([key, struct]) => {
    const field = struct.fields.find(({ name }) => name === tag);
    if (!field) {
      throw new TypeError(`Cannot tell ${type} by "${tag}": ${struct.type} of ${key} has no such field`);
    }
    return field;
  });
  const [first] = fields;
  if (!first) throw new TypeError(`Cannot tell ${type} by "${tag}": there are no structs`);
  if (
    fields.some(({ offset, type, bitOffset }) =>
      offset !== first.offset || type !== first.type || bitOffset !== first.bitOffset
    )
  ) {
    throw new TypeError(
      `Cannot tell ${type} by "${tag}": the structs have it in different places, or of different types`,
    );
  }
  return first;
}
