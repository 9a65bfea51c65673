/**
 * Writing BPF object files: static linking, by which several become one, as `bpftool gen object` makes it, and objects of
 * programs that were made here.
 *
 * @module
 */
export { encodeObject } from "./encode_object.ts";
export type { EncodedMap, EncodedObject } from "./encode_object.ts";
export { linkObjects } from "./link.ts";
export type { LinkInput } from "./link.ts";
