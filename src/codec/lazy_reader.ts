import { compileLazyReader } from "./compile.ts";
import type { StructCodec } from "./struct.ts";

/**
 * A function that reads a struct field by field, each when it is asked for, for what comes by the million and is looked at in
 * part: {@linkcode Codec.read} makes an object of all fields each time.
 *
 * What it gives stands for the bytes: take what you need out of it before they are given back. It costs nothing by itself where
 * fields are taken out of it at once: `const { time, pid } = read(view, at, size)`.
 *
 * @example Sums of a ring buffer
 * ```ts ignore
 * import { lazyReader, load, ring, struct, u32, u53 } from "@waggle/ebpf";
 *
 * const read = lazyReader(struct({ time: u53, pid: u32, bytes: u32 }));
 * await using object = await load("trace.bpf.o");
 * let sum = 0;
 * object.maps.get("events", ring()).drain((view, at, size) => sum += read(view, at, size).bytes);
 * ```
 *
 * @returns A function of the view, where the struct starts in it, and how many bytes there are of it; it throws a `RangeError`
 * where these are too few.
 */
export function lazyReader<T>(
  codec: StructCodec<T>,
): (view: DataView, at: number, size: number) => Readonly<T> {
  const read = compileLazyReader(codec.fields) as (view: DataView, at: number) => Readonly<T>;
  const { size: least, type } = codec;
  return (view, at, size) => {
    if (size < least) throw tooShort(type, size, least);
    return read(view, at);
  };
}

function tooShort(type: string, size: number, least: number): RangeError {
  return new RangeError(`Cannot decode ${size} bytes as ${type}: it needs ${least}`);
}
