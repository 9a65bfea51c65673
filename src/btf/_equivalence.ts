import { type Canonical, declaredKind, isEnumForward, referencesOf } from "./_canonical.ts";

/** How two types go together; "defines" and "declares": the first is the definition, or declaration, of the second. */
type Match = "same" | "defines" | "declares" | "different";

/**
 * Compares graphs of types: a type that may be a duplicate, and one that stands for itself. Both are gone through in
 * step from two structs, unions or typedefs; wherever both ways meet a type they have met before, it must be the
 * same pair.
 *
 * A forward declaration equals a struct or union of its name, and so tells who defines it.
 */
export class Equivalence {
  readonly #canonical: Canonical;
  /** Which type was met where the representative's graph has the one whose id is the index; 0 where none was. */
  readonly #partners: Uint32Array;
  /** The indices in use. */
  #met: number[] = [];
  /** What was found out about pairs of types that one object may have written twice. */
  readonly #identicalPairs: Map<string, boolean> = new Map();

  constructor(canonical: Canonical) {
    this.#canonical = canonical;
    this.#partners = new Uint32Array(canonical.btf.count);
  }

  /** Whether both are the same. If so, all that was found out on the way about other types is kept. */
  compare(candidate: number, representative: number): boolean {
    for (const id of this.#met) this.#partners[id] = 0;
    this.#met = [];
    let definesBase = false;
    // Pairs in the order of a walk depth first: the last pushed is the next.
    const left = [candidate, representative];
    for (;;) {
      let right = left.pop();
      const mine = left.pop();
      if (mine === undefined || right === undefined) break;
      const canonical = this.#canonical;
      if (canonical.resolve(mine) === canonical.resolve(right)) continue;
      right = canonical.resolveForward(right);
      const partner = this.#partners[right] ?? 0;
      if (partner !== 0) {
        if (partner === mine || this.#identical(partner, mine)) continue;
        return false;
      }
      this.#partners[right] = mine;
      this.#met.push(right);
      const match = this.#match(mine, right);
      if (match === "different") return false;
      if (match === "defines") definesBase ||= right < canonical.btf.firstId;
      if (match === "same") this.#pushReferences(left, mine, right);
    }
    this.#keep(definesBase);
    return !definesBase;
  }

  /** Compares two types without what they refer to. */
  #match(mine: number, right: number): Match {
    const { btf, shapes } = this.#canonical;
    if (mine === 0 || right === 0) return "different";
    if (shapes[mine] === shapes[right]) return "same";
    const a = btf.type(mine);
    const b = btf.type(right);
    if (a.name !== b.name) return "different";
    if (a.kind === "forward" && b.kind === declaredKind(a)) return "declares";
    if (b.kind === "forward" && a.kind === declaredKind(b)) return "defines";
    const enums = a.kind === "enum" && b.kind === "enum" && (isEnumForward(a) || isEnumForward(b));
    return enums ? "declares" : "different";
  }

  #pushReferences(left: number[], mine: number, right: number): void {
    const { btf } = this.#canonical;
    const rightReferences = referencesOf(btf.type(right));
    const pairs = referencesOf(btf.type(mine)).map((id, i) => [id, rightReferences[i] ?? 0] as const);
    for (const pair of pairs.reverse()) left.push(...pair);
  }

  /**
   * Compilers write some types twice into one object, so that a second type comes to where one was met; it takes a
   * comparison of these two then.
   */
  #identical(first: number, second: number): boolean {
    const rootKey = `${first},${second}`;
    const known = this.#identicalPairs.get(rootKey);
    if (known !== undefined) return known;
    const { shapes } = this.#canonical;
    const met = new Set<string>([rootKey]);
    const left = [first, second];
    while (left.length > 0) {
      const b = left.pop() ?? 0;
      const a = left.pop() ?? 0;
      if (a === b) continue;
      if (shapes[a] !== shapes[b]) {
        this.#identicalPairs.set(rootKey, false);
        return false;
      }
      const pairs: number[] = [];
      this.#pushReferences(pairs, a, b);
      for (let i = 0; i < pairs.length; i += 2) {
        const key = `${pairs[i]},${pairs[i + 1]}`;
        if (met.has(key)) continue;
        met.add(key);
        left.push(pairs[i] ?? 0, pairs[i + 1] ?? 0);
      }
    }
    for (const key of met) this.#identicalPairs.set(key, true);
    return true;
  }

  /** Lets definitions stand for declarations, and known representatives for the structs and unions met with them. */
  #keep(onlyDefinitions: boolean): void {
    const canonical = this.#canonical;
    for (const id of this.#met) {
      const mine = canonical.resolve(this.#partners[id] ?? 0);
      const right = canonical.resolve(id);
      const mineKind = canonical.btf.kindOf(mine);
      const rightKind = canonical.btf.kindOf(right);
      if (mineKind !== "forward" && rightKind === "forward") canonical.set(right, mine);
      if (onlyDefinitions) continue;
      if (mineKind === "forward" && rightKind !== "forward") canonical.set(mine, right);
      const composite = mineKind === "struct" || mineKind === "union";
      if (composite && rightKind !== "forward" && canonical.has(right) && !canonical.has(mine)) {
        canonical.set(mine, right);
      }
    }
  }
}
