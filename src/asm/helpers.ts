/**
 * The kernel's helper functions, by name and by number.
 *
 * @module
 */
import { HELPERS } from "./_helpers.ts";

export { HELPERS };

/** The name of a helper, as C and the kernel spell it: `bpf_map_lookup_elem`. */
export type HelperName = keyof typeof HELPERS;

let names: readonly string[] | undefined;

/** The name of a helper; `undefined` for numbers that have none. */
export function helperName(id: number): string | undefined {
  names ??= Object.keys(HELPERS);
  return names[id];
}
