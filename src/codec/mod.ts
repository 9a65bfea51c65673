/**
 * Typed values in, C memory layout out, and back.
 *
 * @example An event as a BPF program writes it
 * ```ts
 * import { cstr, type Infer, struct, u32, u64 } from "@waggle/ebpf/codec";
 *
 * const Event = struct({ time: u64, pid: u32, comm: cstr(16) }, { name: "event" });
 * type Event = Infer<typeof Event>;
 *
 * const view = new DataView(new ArrayBuffer(Event.size));
 * Event.write(view, 0, { time: 1n, pid: 42, comm: "sh" });
 * const event: Event = Event.read(view, 0);
 * event.comm; // "sh"
 * ```
 *
 * @module
 */

// The contract
export type { Codec, Infer, StructField } from "./codec.ts";

// Numbers
export { bool, i16, i32, i64, i8, LITTLE_ENDIAN, u16, u32, u53, u64, u8 } from "./int.ts";
export { i128, u128 } from "./int.ts";
export { be16, be32, be64, le16, le32, le64 } from "./int.ts";
export { f32, f64 } from "./float.ts";
export { enumOf } from "./enum_of.ts";

// Text and bytes
export { char, cstr, readText } from "./text.ts";
export { bytes, rest } from "./bytes.ts";

// Addresses, and keys of LPM tries
export { ipv4, ipv6, mac } from "./address.ts";
export { ipv4Prefix, ipv6Prefix, lpmBytes } from "./lpm.ts";
export type { LpmKey } from "./lpm.ts";

// Several values
export { arrayOf } from "./array_of.ts";
export { struct } from "./struct.ts";
export type { StructCodec, StructOptions } from "./struct.ts";
export { union } from "./union.ts";
export { tagged } from "./tagged.ts";
export type { Tagged, TaggedOptions, TaggedStructs, UnknownTagged } from "./tagged.ts";
export { lazyReader } from "./lazy_reader.ts";
export { bits } from "./bits.ts";
export type { Bits } from "./bits.ts";
export { placedStruct } from "./placed_struct.ts";
export type { PlacedBits, PlacedField, PlacedStructOptions } from "./placed_struct.ts";
