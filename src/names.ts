/**
 * Suggestions for mistyped names.
 *
 * @module
 */

const MOST = 3;

/** The end of a message that suggests the closest of `names`: `: did you mean "a" or "b"?`; empty where none is close. */
export function closest(wanted: string, names: Iterable<string>): string {
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const near = [...new Set(names)]
    .filter((name) => Math.abs(name.length - wanted.length) <= limit)
    .map((name) => ({ name, distance: editDistance(wanted, name) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST)
    .map(({ name }) => JSON.stringify(name));
  return near.length === 0 ? "" : `: did you mean ${near.join(" or ")}?`;
}

/** How many characters must be added, removed or replaced to turn one text into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** A name as C has it: `sys_enter:x` is `sys_enter_x`. */
export function identifier(name: string): string {
  return name.replace(/\W/g, "_");
}
