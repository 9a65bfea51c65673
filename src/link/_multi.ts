/**
 * What links to many functions have in common.
 *
 * @module
 */

/** Refuses no places at all, and lists of another length than there are places. */
export function checkCounts(
  what: string,
  places: number,
  lists: Readonly<Record<string, readonly unknown[] | undefined>>,
): void {
  if (places === 0) throw new RangeError(`Cannot create ${what}: there are no places to attach to`);
  for (const [name, list] of Object.entries(lists)) {
    if (list !== undefined && list.length !== places) {
      throw new RangeError(`Cannot create ${what}: there are ${list.length} ${name} for ${places} places`);
    }
  }
}

/** The places in messages. */
export function countText(options: { readonly pattern?: string } | object, places: number): string {
  const functions = `${places} function${places === 1 ? "" : "s"}`;
  return "pattern" in options ? `${functions} like "${options.pattern}"` : functions;
}
