import type { BtfComposite, BtfEnum, BtfForward, BtfType } from "./types.ts";

/** What follows `struct`, `union` or `enum` in C. */
type Tagged = BtfComposite | BtfEnum | BtfForward;

/**
 * Gives types and enumerators the names they have in C, each of its own: of several with one name all but the first
 * get an ending as `___2`, which CO-RE takes for a flavour.
 */
export class CNames {
  /** C has names after `struct`, `union` and `enum` apart from all others. */
  readonly #tags: Set<string> = new Set();
  readonly #others: Set<string> = new Set();
  readonly #ofTypes: Map<number, string> = new Map();
  /** The first name for each keyword and name. All forward declarations go by it, and the first definition. */
  readonly #first: Map<string, { readonly name: string; defined: boolean }> = new Map();

  /** The name of a struct, union or enum with its keyword. */
  tag(type: Tagged): string {
    const keyword = keywordOf(type);
    let name = this.#ofTypes.get(type.id);
    if (name === undefined) {
      const key = `${keyword} ${type.name}`;
      const first = this.#first.get(key);
      const forward = type.kind === "forward";
      if (first !== undefined && (forward || !first.defined)) {
        name = first.name;
        first.defined ||= !forward;
      } else {
        name = unique(this.#tags, type.name);
        if (first === undefined) this.#first.set(key, { name, defined: !forward });
      }
      this.#ofTypes.set(type.id, name);
    }
    return `${keyword} ${name}`;
  }

  /** The name of any other type. */
  type(type: BtfType): string {
    let name = this.#ofTypes.get(type.id);
    if (name === undefined) this.#ofTypes.set(type.id, name = unique(this.#others, type.name));
    return name;
  }

  /** The name of an enumerator. */
  enumerator(name: string): string {
    return unique(this.#others, name);
  }
}

/** `struct`, `union` or `enum`. */
export function keywordOf(type: Tagged): string {
  return type.kind === "forward" ? (type.union ? "union" : "struct") : type.kind;
}

/** A name without what C does not allow in one: other languages have types as `Option<u32>`. */
export function identifier(name: string): string {
  return name.replace(/[^\w$]/g, "_").replace(/^(?=\d)/, "_");
}

function unique(taken: Set<string>, wanted: string): string {
  const name = identifier(wanted);
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}___${n}`;
  taken.add(free);
  return free;
}
