/**
 * Static linking: several BPF object files become one, as `bpftool gen object` makes it.
 *
 * @module
 */
export { linkObjects } from "./link.ts";
export type { LinkInput } from "./link.ts";
