/**
 * Maps whose values have locks.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { type RecordType, typeOf, withLock } from "../lang/mod.ts";
import type { BpfMap, MapKind } from "../map/core.ts";

/** The codec of records with room for a lock behind each, which the kernel keeps from being read and written. */
export function lockedCodec<V>(codec: Codec<V>, { size, align }: RecordType): Codec<V> {
  return { ...codec, size, align };
}

/** The kind of maps whose values are such records. */
export function withLocks<M extends BpfMap>(kind: MapKind<M>, { lock }: RecordType): MapKind<M> {
  const special = { type: "bpf_spin_lock", offset: lock ?? 0 } as const;
  return { ...kind, creation: { ...kind.creation, special } };
}

/**
 * What functions store for a codec, with a lock.
 *
 * @throws {TypeError} It is of no records.
 */
export function lockedRecord(codec: Codec<unknown>): RecordType {
  const type = typeOf(codec);
  if (type.kind === "record") return withLock(type);
  throw new TypeError(`Cannot make locks for values of ${codec.type}: they are for records: struct({ … })`);
}
