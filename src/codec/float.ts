import { describe } from "./_check.ts";
import type { Codec } from "./codec.ts";
import { LITTLE_ENDIAN } from "./int.ts";

/** `float`, 4 bytes in the machine's byte order, as a number. BPF programs have none; what they trace may. */
export const f32: Codec<number> = {
  size: 4,
  align: 4,
  type: "float",
  read: (view, at) => view.getFloat32(at, LITTLE_ENDIAN),
  write: (view, at, value) => view.setFloat32(at, checkFloat("float", value), LITTLE_ENDIAN),
};

/** `double`, 8 bytes in the machine's byte order, as a number. BPF programs have none; what they trace may. */
export const f64: Codec<number> = {
  size: 8,
  align: 8,
  type: "double",
  read: (view, at) => view.getFloat64(at, LITTLE_ENDIAN),
  write: (view, at, value) => view.setFloat64(at, checkFloat("double", value), LITTLE_ENDIAN),
};

function checkFloat(type: string, value: number): number {
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a number`);
}
