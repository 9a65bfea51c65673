import { type Btf, type BtfType, sizeOf, skipModifiers } from "../btf/core.ts";
import { BtfError } from "../errors.ts";
import { KIND } from "./_kind.ts";
import { type Access, formatAccess } from "./accessor.ts";

/** The answer to a record's question, for one side. */
export interface Answer {
  /** As the C code sees it: an unsigned 64-bit number. */
  readonly value: bigint;
  /** Whether the compiler's own answer is certain to be the same, so that the instruction must hold it. */
  readonly certain: boolean;
  /** The field, or the element of an array, that a load or store at this offset moves. */
  readonly moved?: { readonly type: BtfType; readonly size: number };
}

/**
 * Answers what a record asks about a place: its offset, size, sign, the value of its enumerator, … (`bpf_core_calc_relo`
 * of libbpf's `relo_core.c`). `undefined` where there is no such place and the question has no answer then.
 *
 * @throws {BtfError} The place cannot be read with one load, or has no size.
 */
export function answer(access: Access | undefined, kind: number): Answer | undefined {
  switch (kind) {
    case KIND.FIELD_EXISTS:
    case KIND.TYPE_EXISTS:
    case KIND.TYPE_MATCHES:
    case KIND.ENUMVAL_EXISTS:
      return { value: access === undefined ? 0n : 1n, certain: true };
    case KIND.TYPE_SIZE:
      return { value: access === undefined ? 0n : BigInt(sizeOf(access.btf, access.rootId)), certain: true };
    case KIND.TYPE_ID_LOCAL:
    case KIND.TYPE_ID_TARGET:
      // A linker of object files renumbers types, but not the instructions that hold their ids.
      return { value: BigInt(access?.rootId ?? 0), certain: false };
    case KIND.ENUMVAL_VALUE:
      return access && { value: enumeratorValue(access), certain: true };
    default:
      return access && answerField(access, kind);
  }
}

function enumeratorValue({ btf, steps }: Access): bigint {
  const step = steps[0];
  const type = btf.type(step?.typeId ?? 0);
  const value = type.kind === "enum" ? type.values[step?.index ?? 0]?.value : undefined;
  return BigInt.asUintN(64, value ?? 0n);
}

function answerField(access: Access, kind: number): Answer {
  const { btf, steps, bitOffset } = access;
  const step = steps.at(-1);
  if (step?.name === undefined) return answerElement(access, step?.typeId ?? 0, kind);

  const parent = btf.type(step.typeId);
  const member = "members" in parent ? parent.members[step.index] : undefined;
  if (member === undefined) throw new BtfError(`Cannot relocate "${formatAccess(access)}": it has no member`);
  const type = skipModifiers(btf, member.typeId);
  const bitfield = member.bitSize > 0;
  const { byteOffset, byteSize } = bitfield
    ? bitfieldLoad(access, type, member.bitSize)
    : { byteOffset: Math.floor(bitOffset / 8), byteSize: sizeOf(btf, type.id) };
  const bitSize = bitfield ? member.bitSize : byteSize * 8;

  switch (kind) {
    case KIND.FIELD_BYTE_OFFSET:
      if (bitfield) return { value: BigInt(byteOffset), certain: false };
      return { value: BigInt(byteOffset), certain: true, moved: { type, size: elementSize(btf, type) } };
    case KIND.FIELD_BYTE_SIZE:
      return { value: BigInt(byteSize), certain: !bitfield };
    case KIND.FIELD_SIGNED:
      return { value: (type.kind === "enum" || type.kind === "int") && type.signed ? 1n : 0n, certain: true };
    case KIND.FIELD_LSHIFT_U64: {
      const before = bitOffset - byteOffset * 8;
      const shift = btf.byteOrder === "little" ? 64 - (before + bitSize) : (8 - byteSize) * 8 + before;
      return { value: BigInt.asUintN(32, BigInt(shift)), certain: !bitfield };
    }
    default:
      return { value: BigInt.asUintN(32, BigInt(64 - bitSize)), certain: true };
  }
}

/** An element of an array has an offset and a size, and no bits of its own. */
function answerElement(access: Access, typeId: number, kind: number): Answer {
  const { btf, bitOffset } = access;
  if (kind === KIND.FIELD_BYTE_SIZE) return { value: BigInt(sizeOf(btf, typeId)), certain: true };
  if (kind !== KIND.FIELD_BYTE_OFFSET) {
    throw new BtfError(
      `Cannot relocate "${formatAccess(access)}": an array's element has no sign and no bits`,
    );
  }
  const type = skipModifiers(btf, typeId);
  const moved = { type, size: elementSize(btf, type) };
  return { value: BigInt(Math.floor(bitOffset / 8)), certain: true, moved };
}

/** The smallest aligned load, from the size of the declared type on, that has all bits of a bitfield. */
function bitfieldLoad(
  access: Access,
  type: BtfType,
  bitSize: number,
): { readonly byteOffset: number; readonly byteSize: number } {
  if (type.kind !== "int" && type.kind !== "enum") {
    throw new BtfError(`Cannot relocate "${formatAccess(access)}": its bits are of kind ${type.kind}`);
  }
  const byte = Math.floor(access.bitOffset / 8);
  for (let byteSize = Math.max(type.size, 1);; byteSize *= 2) {
    const byteOffset = Math.floor(byte / byteSize) * byteSize;
    if (access.bitOffset + bitSize <= (byteOffset + byteSize) * 8) return { byteOffset, byteSize };
    if (byteSize >= 8) {
      throw new BtfError(`Cannot relocate "${formatAccess(access)}": no 64-bit load has all of its bits`);
    }
  }
}

/** Of the element where the type is an array of whatever dimensions, in bytes. */
function elementSize(btf: Btf, type: BtfType): number {
  // As many dimensions as types are followed; circular ones end there.
  for (let level = 0; type.kind === "array" && level < 32; level++) type = skipModifiers(btf, type.typeId);
  return sizeOf(btf, type.id);
}
