/**
 * Structs of the kernel's UAPI, written and read by field name.
 *
 * @module
 */
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import type { Layout } from "../uapi/mod.ts";

/**
 * What a field is given. Bytes become their address in an 8-byte field, and are copied into a field of any other size.
 */
export type FieldValue = number | bigint | Uint8Array;

/** Values for fields of a layout, by the kernel's names; absent ones are 0. */
export type Fields<L extends Layout> = { readonly [K in keyof L["fields"]]?: FieldValue };

/** A struct in memory that the kernel may be handed. Keeps what it points to alive for as long as it lives itself. */
export class Attr<L extends Layout> {
  /** The struct. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its address. */
  readonly address: bigint;
  readonly #layout: L;
  readonly #view: DataView;
  readonly #held: Uint8Array[] = [];

  /** A struct with these fields set and all others 0. */
  constructor(layout: L, fields: Fields<L>) {
    this.#layout = layout;
    this.bytes = allocate(layout.size);
    this.#view = new DataView(this.bytes.buffer);
    this.address = addressOf(this.bytes);
    for (const name in fields) {
      const value = fields[name];
      if (value !== undefined) this.set(name, value);
    }
  }

  /** In bytes. */
  get size(): number {
    return this.bytes.length;
  }

  /** Sets a field. */
  set(name: keyof L["fields"] & string, value: FieldValue): void {
    const [at, size, shift = 0, bits = size * 8] = this.#place(name);
    if (typeof value !== "object") {
      const mask = (1n << BigInt(bits)) - 1n;
      const others = bits === size * 8 ? 0n : this.#read(at, size) & ~(mask << BigInt(shift));
      this.#write(at, size, others | ((BigInt(value) & mask) << BigInt(shift)));
    } else if (size === 8) {
      this.#held.push(value);
      this.#write(at, size, addressOf(value));
    } else {
      this.bytes.set(value.subarray(0, size), at);
    }
  }

  /** A field of up to 4 bytes. */
  get(name: keyof L["fields"] & string): number {
    return Number(this.get64(name));
  }

  /** A field of up to 8 bytes. */
  get64(name: keyof L["fields"] & string): bigint {
    const [at, size, shift = 0, bits = size * 8] = this.#place(name);
    return (this.#read(at, size) >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n);
  }

  /** The text of a field that is an array of characters, up to its NUL. */
  text(name: keyof L["fields"] & string): string {
    const [at, size] = this.#place(name);
    return textOf(this.bytes.subarray(at, at + size));
  }

  /** Marks the end of the kernel's use of the struct and of what it points to. */
  used(): void {
    keepAlive(this.bytes, this.#held);
  }

  #place(name: string): readonly [number, number, number?, number?] {
    const place = this.#layout.fields[name];
    if (!place) throw new TypeError(`Cannot access field "${name}": the struct has none of that name`);
    return place;
  }

  #read(at: number, size: number): bigint {
    if (size === 8) return this.#view.getBigUint64(at, LITTLE_ENDIAN);
    if (size === 4) return BigInt(this.#view.getUint32(at, LITTLE_ENDIAN));
    if (size === 2) return BigInt(this.#view.getUint16(at, LITTLE_ENDIAN));
    return BigInt(this.#view.getUint8(at));
  }

  #write(at: number, size: number, value: bigint): void {
    if (size === 8) this.#view.setBigUint64(at, value, LITTLE_ENDIAN);
    else if (size === 4) this.#view.setUint32(at, Number(value), LITTLE_ENDIAN);
    else if (size === 2) this.#view.setUint16(at, Number(value), LITTLE_ENDIAN);
    else this.#view.setUint8(at, Number(value));
  }
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** A NUL-terminated copy of `text` whose address may be given to the kernel. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  const bytes = ENCODER.encode(text);
  if (bytes.includes(0)) {
    throw new TypeError(`Cannot pass ${JSON.stringify(text)} to the kernel: it contains NUL`);
  }
  const copy = allocate(bytes.length + 1);
  copy.set(bytes);
  return copy;
}

const MAX_OBJECT_NAME = 15; // BPF_OBJ_NAME_LEN less the NUL

/** A name that the kernel accepts for maps and programs (`bpf_obj_name_cpy`): up to 15 letters, digits, `_` and `.`. */
export function objectName(name: string): Uint8Array<ArrayBuffer> {
  return cString(name.replaceAll(/[^\w.]/g, "_").slice(0, MAX_OBJECT_NAME));
}

/** The text up to the first NUL, or all of it. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return DECODER.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
