/**
 * Writing BPF object files: static linking, by which several become one, as `bpftool gen object` makes it, and objects of
 * programs that were made here.
 *
 * @example One object of two, loaded
 * ```ts ignore
 * import { load } from "@waggle/ebpf";
 * import { linkObjects } from "@waggle/ebpf/linker";
 *
 * const parts = ["main.bpf.o", "library.bpf.o"].map((name) => ({ name, bytes: Deno.readFileSync(name) }));
 * await using object = await load(linkObjects(parts));
 * ```
 *
 * @module
 */
export { encodeObject } from "./encode_object.ts";
export type { EncodedMap } from "./encode_maps.ts";
export type { EncodedFields, EncodedObject } from "./encode_object.ts";
export type { EncodedField } from "./local_structs.ts";
export { linkObjects } from "./link.ts";
export type { LinkInput } from "./link.ts";
