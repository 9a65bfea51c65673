/**
 * What events are.
 *
 * @module
 */
import { btfCodec } from "../btf/core.ts";
import { type Codec, rest } from "../codec/mod.ts";
import { NotFoundError } from "../errors.ts";
import type { MapHandle } from "../map/mod.ts";

/** A codec, or the name of a struct or typedef of the object that the map is of. */
export type EventType<T> = Codec<T> | string;

/**
 * The codec of events; of their bytes where nothing is said.
 *
 * @throws {NotFoundError} The object has no such type.
 */
export function eventCodec<T>(handle: MapHandle, event: EventType<T> | undefined): Codec<T> {
  return (typeof event === "string" ? namedCodec(handle, event) : event ?? rest()) as Codec<T>;
}

function namedCodec(handle: MapHandle, event: string): Codec<unknown> {
  const action = `Cannot find the type "${event}" of events of map "${handle.name}"`;
  const btf = handle.types?.btf;
  if (!btf) throw new NotFoundError(`${action}: there is no BTF with it: give a codec, or compile with -g`);
  const kinds = ["struct", "union", "typedef", "enum", "int"];
  const id = btf.idsNamed(event).find((id) => kinds.includes(btf.kindOf(id)));
  if (id !== undefined) return btfCodec(btf, id);
  throw new NotFoundError(
    `${action}: the BTF of its object has none of that name. clang keeps types that something global is of: ` +
      `add to the source: const struct ${event} *unused __attribute__((unused));`,
  );
}
