/** Scalars of C for generated structs. */
import {
  bool,
  bytes,
  char,
  type Codec,
  cstr,
  enumOf,
  f32,
  f64,
  i128,
  i16,
  i32,
  i64,
  i8,
  u128,
  u16,
  u32,
  u64,
  u8,
} from "../../src/codec/mod.ts";
import { pick, type Random } from "../fuzz/_random.ts";
import {
  bytesLine,
  type CType,
  literal,
  numberLine,
  randomInteger,
  type Scalar,
  textLine,
} from "./_c_type.ts";

function scalar(c: string, codec: Codec<unknown>, bits: number, signed: boolean): Scalar {
  return {
    codec,
    bits,
    signed,
    declare: (name) => `${c} ${name}`,
    value(random) {
      const value = randomInteger(random, bits, signed);
      return codec === bool ? value === 1n : codec.size > 4 ? value : Number(value);
    },
    assign: (place, value) => [`${place} = ${literal(value)};`],
    print: (place) => [`number(${place});`],
    lines: (value) => [numberLine(value)],
  };
}

/** Integers and booleans, by their C names as generated programs have them. */
export const INTEGERS: readonly Scalar[] = [
  ...Object.entries({ u8, u16, u32, u64, u128 }).map(([c, it]) => scalar(c, it, it.size * 8, false)),
  ...Object.entries({ i8, i16, i32, i64, i128 }).map(([c, it]) => scalar(c, it, it.size * 8, true)),
  {
    ...scalar("bool8", bool, 1, false),
    // In a union it may have any byte, of which C makes what it likes
    print: (place) => [`{ u8 b; memcpy(&b, &${place}, 1); number(b != 0); }`],
  },
];

/** A single `char`. */
export const CHAR: CType = {
  ...scalar("char", char, 8, false),
  value: (random) => String.fromCharCode(random(256)),
  assign: (place, value) => [`${place} = ${String(value).charCodeAt(0)};`],
  print: (place) => [`number((u8)${place});`],
  // BTF reads it as a number of the sign that the machine gives it
  lines: (value) => [numberLine(typeof value === "string" ? value.charCodeAt(0) : Number(value) & 0xff)],
};

/** `float` and `double`, compared by their bytes. */
export const FLOATS: readonly CType[] = [f32, f64].map((codec): CType => ({
  codec,
  declare: (name) => `${codec.type} ${name}`,
  value: (random) => Math.fround((random(2000) - 1000) / 7),
  assign: (place, value) => [`${place} = ${value};`],
  print: (
    place,
  ) => [`{ ${codec.type} f = ${place}; if (f != f) printf("nan\\n"); else bytes(&f, sizeof f); }`],
  lines(value) {
    if (Number.isNaN(value)) return ["nan"];
    const view = new DataView(new ArrayBuffer(codec.size));
    codec.write(view, 0, value as number);
    return [bytesLine(new Uint8Array(view.buffer))];
  },
}));

/** An enum with what C needs to define it. */
export interface Enum extends Scalar {
  readonly definition: string;
  /** What bitfields of it are declared with here. */
  readonly base: Codec<unknown>;
}

/** A random enum: of 4 bytes, of 1 as `packed` makes it, or of 8. */
export function randomEnum(random: Random, tag: string): Enum {
  const signed = random(2) === 0;
  const [bits, base] = pick(
    random,
    signed ? [[32, i32], [8, i8], [64, i64]] as const : [[32, u32], [8, u8], [64, u64]] as const,
  );
  // The largest one tells the compiler how many bytes it takes
  const values = new Set([signed ? -1n : 0n, 2n ** BigInt(bits - 1) - (signed ? 1n : 0n)]);
  for (let i = random(4); i > 0; i--) values.add(randomInteger(random, bits, signed));
  const names = [...values].map((value, i): [string, bigint] => [`${tag.toUpperCase()}_${i}`, value]);
  const codec = bits === 64
    ? enumOf(Object.fromEntries(names), base as Codec<bigint>)
    : enumOf(Object.fromEntries(names.map(([name, value]) => [name, Number(value)])), base as Codec<number>);
  const known = new Map(names);
  const number = (value: unknown) => known.get(value as string) ?? value;
  const packed = bits === 8 ? "__attribute__((packed)) " : "";
  return {
    ...scalar(`enum ${tag}`, codec as Codec<unknown>, bits, signed),
    base: base as Codec<unknown>,
    definition: `enum ${packed}${tag} { ${
      names.map(([name, value]) => `${name} = ${literal(value)}`).join(", ")
    } };`,
    value(random) {
      if (random(3) > 0) return pick(random, names)[0];
      const value = randomInteger(random, bits, signed);
      return names.find(([, each]) => each === value)?.[0] ?? (bits === 64 ? value : Number(value));
    },
    assign: (place, value) => [`${place} = ${literal(number(value))};`],
    lines: (value) => [numberLine(number(value))],
  };
}

/** Text in `char[length]`. */
export function text(length: number): CType {
  return {
    codec: cstr(length),
    declare: (name) => `char ${name}[${length}]`,
    value: (random) =>
      pick(random, ["", "a", "sh", "größe", "日本", "waggle-dance"]).slice(0, (length - 1) / 3),
    assign: (place, value) => copied(place, new TextEncoder().encode(String(value))),
    print: (place) => [`text(${place}, ${length});`],
    lines: (value) => [textLine(String(value))],
  };
}

/** `unsigned char[length]`. */
export function byteArray(length: number): CType {
  return {
    codec: bytes(length),
    declare: (name) => `u8 ${name}[${length}]`,
    value: (random) => Uint8Array.from({ length }, () => random(256)),
    assign: (place, value) => copied(place, value as Uint8Array),
    print: (place) => [`bytes(${place}, ${length});`],
    lines: (value) => [bytesLine(value as Iterable<number>)],
  };
}

/** C that copies bytes to a place. */
export function copied(place: string, bytes: Uint8Array): string[] {
  const escaped = Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  return bytes.length === 0 ? [] : [`memcpy(${place}, "${escaped}", ${bytes.length});`];
}
