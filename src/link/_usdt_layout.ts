/**
 * How a program wants to be told where the arguments of a probe are: `struct __bpf_usdt_spec` of libbpf's `usdt.bpf.h`, which is
 * not the same in all versions.
 *
 * @module
 */
import { type Btf, type BtfComposite, skipModifiers } from "../btf/core.ts";
import { PermissionError, SyscallError } from "../errors.ts";
import { btfOfId } from "../kernel/mod.ts";
import type { PlacedArgument } from "./_usdt_arguments.ts";

/** A number in a struct, in bits from its start. */
interface Field {
  readonly at: number;
  readonly bits: number;
}

/** The layout of the struct. */
export interface SpecLayout {
  /** Of the whole, in bytes. */
  readonly size: number;
  /** How many arguments there is room for. */
  readonly capacity: number;
  /** How long each is, in bits. */
  readonly stride: number;
  /** Of the first one, by the name of the member. */
  readonly argument: ReadonlyMap<string, Field>;
  /** `enum __bpf_usdt_arg_type`, by the name without its start. */
  readonly kinds: ReadonlyMap<string, bigint>;
  readonly cookie: Field;
  readonly count: Field;
}

/** What all versions have. */
const MEMBERS = ["val_off", "arg_type", "reg_off", "arg_signed", "arg_bitshift"] as const;
const KINDS = ["CONST", "REG", "REG_DEREF"] as const;

/** Of libbpf 0.8 to 1.6, for where nobody may ask for the types. */
const USUAL: SpecLayout = {
  size: 208,
  capacity: 12,
  stride: 128,
  argument: new Map([
    ["val_off", { at: 0, bits: 64 }],
    ["arg_type", { at: 64, bits: 32 }],
    ["reg_off", { at: 96, bits: 16 }],
    ["arg_signed", { at: 112, bits: 8 }],
    ["arg_bitshift", { at: 120, bits: 8 }],
  ]),
  kinds: new Map([["CONST", 0n], ["REG", 1n], ["REG_DEREF", 2n]]),
  cookie: { at: 1536, bits: 64 },
  count: { at: 1600, bits: 16 },
};

/** What the kernel knows about values of the map. */
export interface SpecFacts {
  readonly valueSize: number;
  readonly btfId: number;
  readonly valueTypeId: number;
}

/** The layout that the values of a map have; a text says why it is unknown. */
export function specLayout({ valueSize, btfId, valueTypeId }: SpecFacts): SpecLayout | string {
  if (btfId !== 0 && valueTypeId !== 0) {
    try {
      return layoutIn(btfOfId(btfId), valueTypeId) ?? "its values are of another type";
    } catch (error) {
      // The types are for those with CAP_SYS_ADMIN
      if (!(error instanceof PermissionError || error instanceof SyscallError)) throw error;
    }
  }
  if (valueSize === USUAL.size) return USUAL;
  return `its values have ${valueSize} bytes, and their type cannot be read: that takes CAP_SYS_ADMIN`;
}

function layoutIn(btf: Btf, typeId: number): SpecLayout | undefined {
  const spec = skipModifiers(btf, typeId);
  if (spec.kind !== "struct") return undefined;
  const [list, cookie, count] = ["args", "usdt_cookie", "arg_cnt"].map((name) =>
    spec.members.find((member) => member.name === name)
  );
  const array = list && skipModifiers(btf, list.typeId);
  const argument = array?.kind === "array" ? skipModifiers(btf, array.typeId) : undefined;
  if (!list || !cookie || !count || array?.kind !== "array" || argument?.kind !== "struct") return undefined;
  const fields = fieldsOf(btf, argument, list.bitOffset);
  const kinds = kindsOf(btf, argument);
  if (!MEMBERS.every((name) => fields.has(name)) || !KINDS.every((name) => kinds.has(name))) return undefined;
  return {
    size: spec.size,
    capacity: array.length,
    stride: argument.size * 8,
    argument: fields,
    kinds,
    cookie: { at: cookie.bitOffset, bits: 64 },
    count: { at: count.bitOffset, bits: 16 },
  };
}

function fieldsOf(btf: Btf, { members }: BtfComposite, start: number): Map<string, Field> {
  return new Map(members.map(({ name, typeId, bitOffset, bitSize }): [string, Field] => {
    const type = skipModifiers(btf, typeId);
    return [name, { at: start + bitOffset, bits: bitSize || ("size" in type ? type.size * 8 : 0) }];
  }));
}

function kindsOf(btf: Btf, { members }: BtfComposite): Map<string, bigint> {
  const member = members.find(({ name }) => name === "arg_type");
  const type = member && skipModifiers(btf, member.typeId);
  const values = type?.kind === "enum" ? type.values : [];
  return new Map(values.map(({ name, value }) => [name.replace(/^BPF_USDT_ARG_/, ""), value]));
}

/** Whether programs with this layout can have arguments that are found by an index. */
export function takesIndices({ kinds, argument }: SpecLayout): boolean {
  return kinds.has("SIB") && argument.has("idx_reg_off") && argument.has("scale_bitshift");
}

/** The bytes of the struct. */
export function encodeSpec(
  layout: SpecLayout,
  all: readonly PlacedArgument[],
  cookie: bigint,
): Uint8Array {
  const bytes = new Uint8Array(layout.size);
  all.forEach((one, i) => {
    for (const [name, value] of Object.entries(membersOf(layout, one))) {
      const field = layout.argument.get(name);
      if (field) setBits(bytes, { ...field, at: field.at + i * layout.stride }, value);
    }
  });
  setBits(bytes, layout.cookie, cookie);
  setBits(bytes, layout.count, BigInt(all.length));
  return bytes;
}

const KIND_NAMES = { constant: "CONST", register: "REG", memory: "REG_DEREF", indexed: "SIB" } as const;

function membersOf({ kinds }: SpecLayout, { size, signed, place }: PlacedArgument): Record<string, bigint> {
  const { kind } = place;
  return {
    arg_type: kinds.get(KIND_NAMES[kind]) ?? 0n,
    val_off: kind === "constant" ? place.value : kind === "register" ? 0n : place.offset,
    reg_off: BigInt(kind === "constant" ? 0 : place.register),
    idx_reg_off: BigInt(kind === "indexed" ? place.index : 0),
    scale_bitshift: BigInt(kind === "indexed" ? place.shift : 0),
    arg_signed: signed ? 1n : 0n,
    // What is shifted out to the left, and back with or without the sign
    arg_bitshift: BigInt(64 - size * 8),
  };
}

/** Sets a number in bytes that are 0, little-endian. */
function setBits(bytes: Uint8Array, { at, bits }: Field, value: bigint): void {
  let rest = BigInt.asUintN(bits, value);
  for (let bit = at; rest !== 0n; bit++) {
    if (rest & 1n) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | 1 << (bit & 7);
    rest >>= 1n;
  }
}
