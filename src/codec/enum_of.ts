import { describe } from "./_check.ts";
import type { Codec } from "./codec.ts";
import { i32, i64, u32, u64 } from "./int.ts";

/**
 * A C enum, as the name of its value, or as a number where the value has no name. Writing takes both.
 *
 * Of several names for one value the first is read. It is an `u32`, or an `i32` where a value is negative, unless
 * another integer is given, as for `__attribute__((packed))`.
 *
 * @throws {RangeError} A value does not fit the integer.
 *
 * @example
 * ```ts
 * import { enumOf, type Infer } from "@waggle/ebpf/codec";
 *
 * const State = enumOf({ RUNNING: 0, SLEEPING: 1 });
 * type State = Infer<typeof State>; // "RUNNING" | "SLEEPING" | number
 *
 * State.read(new DataView(new ArrayBuffer(4)), 0); // "RUNNING"
 * ```
 */
export function enumOf<const E extends Readonly<Record<string, number>>>(
  values: E,
  base?: Codec<number>,
): Codec<keyof E & string | number>;
/**
 * A C enum of 8 bytes, as the name of its value, or as a bigint where the value has no name. Writing takes both.
 *
 * It is an `u64`, or an `i64` where a value is negative, unless another integer is given.
 *
 * @throws {RangeError} A value does not fit the integer.
 */
export function enumOf<const E extends Readonly<Record<string, bigint>>>(
  values: E,
  base?: Codec<bigint>,
): Codec<keyof E & string | bigint>;
export function enumOf(
  values: Readonly<Record<string, number | bigint>>,
  base: Codec<number> | Codec<bigint> = baseOf(Object.values(values)),
): Codec<string | number | bigint> {
  const type = "enum";
  const { size, align } = base;
  const integer = base as Codec<unknown>;
  const numbers = new Map(Object.entries(values));
  const names = new Map([...numbers].reverse().map(([name, value]) => [value, name]));
  const scratch = new DataView(new ArrayBuffer(size));
  for (const value of names.keys()) integer.write(scratch, 0, value);
  return {
    size,
    align,
    type,
    read(view, at) {
      const value = base.read(view, at);
      return names.get(value) ?? value;
    },
    write(view, at, value) {
      const number = typeof value === "string" ? numbers.get(value) : value;
      if (typeof value === "string" && number === undefined) {
        throw new RangeError(
          `Cannot encode ${describe(value)} as ${type}: not one of ${[...numbers.keys()].join(", ")}`,
        );
      }
      integer.write(view, at, number);
    },
  };
}

function baseOf(values: readonly (number | bigint)[]): Codec<number> | Codec<bigint> {
  const signed = values.some((value) => value < 0);
  if (typeof values[0] === "bigint") return signed ? i64 : u64;
  return signed ? i32 : u32;
}
