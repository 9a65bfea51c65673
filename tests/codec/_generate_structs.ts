/** Random structs of C, the same ones for the same seed. */
import process from "node:process";
import type { Codec } from "../../src/codec/mod.ts";
import { pick, type Random, randomOf } from "../fuzz/_random.ts";
import {
  bitField,
  type Composite,
  composite,
  type Field,
  flexibleField,
  list,
  plainField,
  randomLength,
} from "./_c_composites.ts";
import { byteArray, CHAR, type Enum, FLOATS, INTEGERS, randomEnum, text } from "./_c_scalars.ts";
import type { CType } from "./_c_type.ts";

/** A random struct with all that it needs to be defined in C. */
export interface GeneratedStruct {
  readonly type: Composite;
  /** The definitions of it and of all types in it, in order. */
  readonly definitions: readonly string[];
  /** As numbers that go on after those that the struct was made with. */
  readonly random: Random;
}

/** Names that C allows and that do harm to careless JavaScript. */
const NAMES = ["__proto__", "constructor", "toString", "at", "view", "codecs"];
/** How deep structs and arrays nest. */
const MAX_DEPTH = 3;
/** The ABI of arm64 also aligns the whole struct to a unit that is closed, which those of x86-64 and BPF do not. */
const CLOSES_UNITS = process.arch === "x64";

/** The structs of a seed. */
export function generateStructs(seed: number, count: number): GeneratedStruct[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomOf(seed, i);
    const generator = new Generator(random, `s${i}`);
    const type = generator.composite("struct", 0);
    return { type, definitions: generator.definitions, random };
  });
}

class Generator {
  readonly definitions: string[] = [];
  readonly #random: Random;
  readonly #prefix: string;
  #tags = 0;

  constructor(random: Random, prefix: string) {
    this.#random = random;
    this.#prefix = prefix;
  }

  composite(kind: "struct" | "union", depth: number): Composite {
    const random = this.#random;
    const tag = this.#tag();
    const packed = random(5) === 0;
    const fields: Field[] = [];
    // Runs of bitfields, since it is their neighbours that place them
    let bitfields = false;
    const count = kind === "union" ? 1 + random(4) : 1 + random(9 - 2 * depth);
    for (let i = 0; i < count; i++) {
      const name = random(20) === 0 ? `${pick(random, NAMES)}` : `f${i}`;
      if (fields.some((field) => field.name === name)) continue;
      bitfields = random(4) === 0 ? !bitfields : bitfields;
      fields.push(bitfields ? this.#bitField(name, kind) : plainField(name, this.#type(depth + 1)));
    }
    if (fields.every(({ type }) => type === undefined)) fields.push(plainField("last", this.#scalar()));
    if (kind === "struct" && depth === 0 && random(5) === 0) fields.push(this.#flexible());
    const type = composite(kind, tag, packed, fields);
    this.definitions.push(type.definition);
    return type;
  }

  #tag(): string {
    return `${this.#prefix}${this.#tags++ === 0 ? "" : `_${this.#tags}`}`;
  }

  #type(depth: number): CType {
    const random = this.#random;
    const kind = random(10);
    if (depth <= MAX_DEPTH && kind === 0) return this.composite("struct", depth);
    if (depth <= MAX_DEPTH && kind === 1) return this.composite("union", depth);
    if (depth <= MAX_DEPTH && kind === 2) return list(this.#element(depth + 1), randomLength(random));
    if (kind === 3) return text(1 + randomLength(random) * 2);
    if (kind === 4) return byteArray(randomLength(random));
    return this.#scalar();
  }

  /** Of an array; BTF takes an array of `char` for text. */
  #element(depth: number): CType {
    const element = this.#type(depth);
    return element === CHAR ? this.#element(depth) : element;
  }

  #scalar(): CType {
    const kind = this.#random(10);
    if (kind === 0) return this.#enum();
    if (kind === 1) return CHAR;
    return kind === 2 ? pick(this.#random, FLOATS) : pick(this.#random, INTEGERS);
  }

  #enum(): Enum {
    const type = randomEnum(this.#random, this.#tag());
    this.definitions.push(type.definition);
    return type;
  }

  #bitField(name: string, kind: "struct" | "union"): Field {
    const random = this.#random;
    const closes = CLOSES_UNITS && kind === "struct" && random(10) === 0;
    if (!closes && random(8) === 0) {
      const type = this.#enum();
      return bitField(name, type, type.base, type.signed, 1 + random(type.bits));
    }
    const type = pick(random, INTEGERS);
    const codec: Codec<unknown> = type.codec;
    return bitField(name, type, codec, type.signed, closes ? 0 : 1 + random(type.bits));
  }

  #flexible(): Field {
    const random = this.#random;
    const element = random(3) === 0 ? undefined : this.#element(MAX_DEPTH - 1);
    return flexibleField("flexible", element, random(4));
  }
}
