import { BtfError } from "../errors.ts";
import { forEachReference } from "./_references.ts";
import type { Btf } from "./btf.ts";
import type { BtfForward, BtfType } from "./types.ts";

const UNKNOWN = -1;

/**
 * For each type of some BTF the one that stands for it, its representative. Both are ids, and a type may be found to
 * stand for another before it is found who stands for it, so that ways to representatives can be long.
 */
export class Canonical {
  readonly btf: Btf;
  /** By id; see `shapesOf`. */
  readonly shapes: Uint32Array;
  readonly #map: Int32Array;

  constructor(btf: Btf, shapes: Uint32Array) {
    this.btf = btf;
    this.shapes = shapes;
    this.#map = new Int32Array(btf.count).fill(UNKNOWN);
  }

  /** Whether it is known who stands for a type. */
  has(id: number): boolean {
    return this.#map[id] !== UNKNOWN;
  }

  /** Whether a type stands for itself. */
  isOwn(id: number): boolean {
    return this.#map[id] === id;
  }

  /** Lets a type stand for another, or for itself. */
  set(id: number, representative: number): void {
    this.#map[id] = representative;
  }

  /** The representative as far as it is known. */
  resolve(id: number): number {
    for (;;) {
      const next = this.#map[id] ?? UNKNOWN;
      if (next === UNKNOWN || next === id) return id;
      id = next;
    }
  }

  /** The definition that was found for a forward declaration; any other type as it is. */
  resolveForward(id: number): number {
    if (this.btf.kindOf(id) !== "forward") return id;
    const resolved = this.resolve(id);
    return this.btf.kindOf(resolved) === "forward" ? id : resolved;
  }
}

/** What a forward declaration declares. */
export function declaredKind(type: BtfForward): "struct" | "union" {
  return type.union ? "union" : "struct";
}

/** Whether an enum is only declared, which BTF writes as one without values. */
export function isEnumForward(type: BtfType): boolean {
  return type.kind === "enum" && type.values.length === 0;
}

/** The ids that a type refers to. */
export function referencesOf(type: BtfType): number[] {
  const ids: number[] = [];
  forEachReference(type, (id) => ids.push(id));
  return ids;
}

/** A cycle without a struct or union in it, which no compiler makes. */
export function endlessType(btf: Btf, id: number): BtfError {
  return new BtfError(`Cannot deduplicate BTF: type ${id} "${btf.nameOf(id)}" refers to itself`);
}
