/**
 * Waggle as modules that `waggle generate` made import it, with what they say of their objects kept.
 *
 * @module
 */
import {
  type BpfMap,
  type Codec,
  type EmbeddedObject,
  loadTyped as load,
  type MapKind,
  type ObjectKinds,
  type TypedLoadOptions,
  type TypedObject,
} from "../../mod.ts";

export * from "../../mod.ts";

/** Kinds and codecs by the names of maps and variables. */
export interface Kinds {
  readonly maps: Readonly<Record<string, Pick<MapKind<BpfMap>, "types" | "key" | "value"> | undefined>>;
  readonly variables: Readonly<Record<string, Codec<unknown>>>;
}

/** Of the objects that were loaded, by their names. */
export const kindsOf: Map<string, Kinds> = new Map();

/** Loads an object, and keeps the kinds that it is loaded with. */
export function loadTyped<M, P extends string, V>(
  object: EmbeddedObject,
  kinds: ObjectKinds<M, P, V>,
  options?: TypedLoadOptions<M, P, V>,
): Promise<TypedObject<M, P, V>> {
  kindsOf.set(object.name, kinds as unknown as Kinds);
  return load(object, kinds, options);
}
