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
export type { Codec, Infer } from "./codec.ts";

// Numbers
export { be16, be32, bool, i16, i32, i64, i8, LITTLE_ENDIAN, u16, u32, u53, u64, u8 } from "./int.ts";

// Text and bytes
export { cstr, readText } from "./text.ts";
export { bytes, rest } from "./bytes.ts";

// Several values
export { arrayOf } from "./array_of.ts";
export { struct } from "./struct.ts";
export type { StructCodec, StructField, StructOptions } from "./struct.ts";
