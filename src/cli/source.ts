/**
 * Objects of bpf(2) as command lines name them.
 *
 * @module
 */
import { NotFoundError } from "../errors.ts";
import { closest } from "../names.ts";

/** Something by its id, or by where it is pinned. */
export type Source = { readonly id: number } | { readonly pin: string };

/**
 * Where a thing is that somebody names.
 *
 * @throws {NotFoundError} Nothing has the name, or several have.
 */
export function sourceOf(
  kind: string,
  what: string,
  list: () => readonly { readonly id: number; readonly name: string }[],
): Source {
  if (/^\d+$/.test(what)) return { id: Number(what) };
  if (what.includes("/")) return { pin: what };
  const all = list();
  const [one, another] = all.filter(({ name }) => name === what);
  if (!one) {
    throw new NotFoundError(
      `Cannot find ${kind} "${what}": none has that name${closest(what, all.map(({ name }) => name))}`,
    );
  }
  if (another) {
    const ids = all.filter(({ name }) => name === what).map(({ id }) => id);
    throw new NotFoundError(
      `Cannot choose ${kind} "${what}": several have that name: say which by number: ${ids.join(", ")}`,
    );
  }
  return { id: one.id };
}
