import { Canonical, declaredKind, endlessType, isEnumForward, referencesOf } from "./_canonical.ts";
import { Equivalence } from "./_equivalence.ts";
import { mapReferences } from "./_references.ts";
import { shapesOf } from "./_shapes.ts";
import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./build.ts";

/** What {@linkcode dedupBtf} gives. */
export interface DedupResult {
  /** Every type once. */
  readonly btf: Btf;
  /** For each id of the input, as index, the id in {@linkcode DedupResult.btf}. */
  readonly ids: Uint32Array;
}

/**
 * Finds the types that are there more than once, and keeps one of each, as libbpf's `btf__dedup` does.
 *
 * Structs and unions are the same when all that can be reached from them is. Forward declarations become the
 * definitions that they stand for, where these can be told. Variables and sections are all kept. Of split BTF, types
 * that are in the base go too.
 *
 * @throws {BtfError} A record is malformed, or a type refers to itself other than through a struct or union.
 */
export function dedupBtf(btf: Btf): DedupResult {
  const shapes = shapesOf(btf);
  const canonical = new Canonical(btf, shapes);
  for (let id = 0; id < btf.count; id++) {
    const kind = btf.kindOf(id);
    if (id < btf.firstId || kind === "variable" || kind === "section") canonical.set(id, id);
  }
  unifyScalars(canonical);
  unifyGraphs(canonical);
  resolveForwards(canonical);
  unifyReferences(canonical);
  return compact(canonical);
}

/** Lists by key, of ids in ascending order. */
class Candidates<K> {
  readonly #lists: Map<K, number[]> = new Map();

  of(key: K): readonly number[] {
    return this.#lists.get(key) ?? [];
  }

  add(key: K, id: number): void {
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [id]);
    else list.push(id);
  }
}

/** Types that refer to no other are the same when their shapes are. */
function unifyScalars(canonical: Canonical): void {
  const { btf, shapes } = canonical;
  const byShape = new Map<number, number>();
  const enums = new Candidates<string>();
  for (let id = 1; id < btf.count; id++) {
    const kind = btf.kindOf(id);
    if (kind !== "int" && kind !== "float" && kind !== "forward" && kind !== "enum") continue;
    const shape = shapes[id] ?? 0;
    const same = byShape.get(shape);
    if (id >= btf.firstId) canonical.set(id, same ?? id);
    if (same !== undefined) continue;
    if (kind === "enum" && id >= btf.firstId) unifyEnums(canonical, id, enums.of(btf.nameOf(id)));
    if (kind === "enum") enums.add(btf.nameOf(id), id);
    if (canonical.isOwn(id)) byShape.set(shape, id);
  }
}

/** An enum that is only declared, and one of its name that is defined, are the same. */
function unifyEnums(canonical: Canonical, id: number, sameName: readonly number[]): void {
  const declared = isEnumForward(canonical.btf.type(id));
  for (const other of sameName) {
    if (declared) {
      canonical.set(id, other);
      return;
    }
    if (isEnumForward(canonical.btf.type(other))) canonical.set(other, id);
  }
}

/** Structs, unions and typedefs are compared with those of the same shape that stand for themselves. */
function unifyGraphs(canonical: Canonical): void {
  const { btf, shapes } = canonical;
  const candidates = new Candidates<number>();
  const equivalence = new Equivalence(canonical);
  for (let id = 1; id < btf.count; id++) {
    const kind = btf.kindOf(id);
    if (kind !== "struct" && kind !== "union" && kind !== "typedef") continue;
    const shape = shapes[id] ?? 0;
    if (id >= btf.firstId) {
      if (canonical.has(id)) continue;
      const found = candidates.of(shape).find((candidate) => equivalence.compare(id, candidate));
      canonical.set(id, found ?? id);
    }
    if (canonical.isOwn(id)) candidates.add(shape, id);
  }
}

/** A declaration that no graph has told about is of the one struct or union with its name, where there is just one. */
function resolveForwards(canonical: Canonical): void {
  const { btf } = canonical;
  const definitions = new Candidates<string>();
  for (let id = 1; id < btf.count; id++) {
    const kind = btf.kindOf(id);
    if ((kind === "struct" || kind === "union") && canonical.isOwn(id)) definitions.add(btf.nameOf(id), id);
  }
  for (let id = btf.firstId; id < btf.count; id++) {
    if (btf.kindOf(id) !== "forward" || !canonical.isOwn(id)) continue;
    const type = btf.type(id);
    const [definition, ...others] = definitions.of(type.name);
    if (type.kind !== "forward" || definition === undefined || others.length > 0) continue;
    if (btf.kindOf(definition) === declaredKind(type)) canonical.set(id, definition);
  }
}

/** All other types are the same when their shapes are, and what they refer to is. */
function unifyReferences(canonical: Canonical): void {
  const { btf, shapes } = canonical;
  const byKey = new Map<string, number>();
  for (let id = 1; id < btf.firstId; id++) {
    const key = `${shapes[id]}:${referencesOf(btf.type(id))}`;
    if (!byKey.has(key)) byKey.set(key, id);
  }
  const entered = new Uint8Array(btf.count);
  const path: number[] = [];
  for (let root = btf.firstId; root < btf.count; root++) {
    path.push(root);
    for (let id = path.at(-1); id !== undefined; id = path.at(-1)) {
      const references = canonical.has(id) ? [] : referencesOf(btf.type(id));
      const unknown = entered[id] === 1 ? [] : references.filter((next) => !canonical.has(next));
      if (unknown.length > 0) {
        entered[id] = 1;
        // What is entered and still unknown is on the way to here.
        const cycle = unknown.find((next) => entered[next] === 1);
        if (cycle !== undefined) throw endlessType(btf, cycle);
        path.push(...unknown);
        continue;
      }
      path.pop();
      if (canonical.has(id)) continue;
      const key = `${shapes[id]}:${references.map((next) => canonical.resolve(next))}`;
      const same = byKey.get(key) ?? id;
      canonical.set(id, same);
      if (same === id) byKey.set(key, id);
    }
  }
}

/** Writes the types that stand for themselves. */
function compact(canonical: Canonical): DedupResult {
  const { btf } = canonical;
  const builder = new BtfBuilder(btf.base === undefined ? {} : { base: btf.base });
  const ids = new Uint32Array(btf.count);
  let count = btf.firstId;
  for (let id = 0; id < btf.count; id++) {
    ids[id] = id < btf.firstId ? id : canonical.isOwn(id) ? count++ : 0;
  }
  for (let id = 0; id < btf.count; id++) {
    if (!canonical.isOwn(id)) ids[id] = ids[canonical.resolve(id)] ?? 0;
  }
  for (let id = btf.firstId; id < btf.count; id++) {
    const type = btf.type(id);
    if (canonical.isOwn(id) && type.kind !== "void") {
      builder.add(mapReferences(type, (next) => ids[next] ?? 0));
    }
  }
  return { btf: builder.build({ byteOrder: btf.byteOrder }), ids };
}
