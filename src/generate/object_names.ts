/**
 * Names of types in modules for objects.
 *
 * @module
 */

/** Gives each name once. */
export class Names {
  readonly #taken: Set<string>;

  /** Without these. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** The name of C as types of TypeScript are written: `tcp_state` is `TcpState`; with a number where it is taken. */
  give(name: string): string {
    const wanted = typeName(name);
    let given = wanted;
    for (let i = 2; this.#taken.has(given); i++) given = wanted + i;
    this.#taken.add(given);
    return given;
  }
}

/** A name without underscores, each part with a capital. */
function typeName(name: string): string {
  const parts = name.split(/[^A-Za-z0-9]+/).filter((part) => part !== "");
  const joined = parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
  return /^[A-Z]/.test(joined) ? joined : `Type${joined}`;
}
