/**
 * Keys of shared things as text.
 *
 * @module
 */

/** Something that is the same for two keys that are. */
export function identityOf(key: unknown): unknown {
  if (typeof key !== "object") return key;
  return JSON.stringify(key, (_, value) => typeof value === "bigint" ? `${value}n` : value);
}

/** A key in one line: the fields of a record by commas. */
export function keyText(key: unknown): string {
  return typeof key === "object" && key !== null ? Object.values(key).map(keyText).join(", ") : String(key);
}
