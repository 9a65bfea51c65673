import { type Bits, isBits } from "./bits.ts";
import type { Codec, StructField } from "./codec.ts";

/** Where everything is in a struct or union, in bytes. */
export interface Layout {
  readonly fields: readonly StructField[];
  readonly size: number;
  readonly align: number;
  readonly flexible: boolean;
  /** Starts and ends of what writing zeroes first: all that no field covers whole, and those of unions. */
  readonly cleared: readonly (readonly [number, number])[];
}

/** Codecs and bitfields by name, as {@linkcode struct} takes them. */
export type Members = Readonly<Record<string, Codec<unknown> | Bits<unknown>>>;

/** A field that starts at byte `offset`. */
export function fieldAt(name: string, offset: number, codec: Codec<unknown>): StructField {
  return { name, offset, size: codec.size, type: codec.type, codec };
}

/** A bitfield whose first bit is number `bitOffset` of the struct. */
export function bitFieldAt(name: string, bitOffset: number, bits: Bits<unknown>): StructField {
  const field = fieldAt(name, bitOffset >>> 3, bits.at(bitOffset % 8));
  return { ...field, bitOffset, bitWidth: bits.width };
}

/** The layout of fields that have their places. */
export function layoutOf(fields: readonly StructField[], size: number, align: number): Layout {
  const flexible = fields.some(({ codec }) => codec.flexible);
  return { fields, size, align, flexible, cleared: gaps(fields, size) };
}

function gaps(fields: readonly StructField[], size: number): [number, number][] {
  const found: [number, number][] = [];
  let end = 0;
  const whole = fields.filter(({ bitWidth, shared }) => bitWidth === undefined && !shared);
  for (const { offset, size } of whole.sort((a, b) => a.offset - b.offset)) {
    if (offset > end) found.push([end, offset]);
    end = Math.max(end, offset + size);
  }
  if (size > end) found.push([end, size]);
  return found;
}

/** Lays fields out one behind the other. */
export function layoutStruct(type: string, members: Members, packed: boolean): Layout {
  const fields: StructField[] = [];
  let end = 0; // in bits
  let align = 1;
  let flexible = false;
  for (const [name, member] of Object.entries(members)) {
    checkName(type, name);
    if (flexible) {
      throw new TypeError(`Cannot place field "${name}" of ${type}: the one before has no fixed size`);
    }
    const unit = isBits(member) ? member.base : member;
    if (isBits(member)) {
      end = bitStart(end, member, packed);
      if (member.width === 0) continue;
      fields.push(bitFieldAt(name, end, member));
      end += member.width;
    } else {
      const offset = alignUp(end, packed ? 8 : member.align * 8) / 8;
      fields.push(fieldAt(name, offset, member));
      end = (offset + member.size) * 8;
      flexible = member.flexible === true;
    }
    if (!packed) align = Math.max(align, unit.align);
  }
  return layoutOf(fields, alignUp(Math.ceil(end / 8), align), align);
}

/**
 * Where a bitfield starts that follows what ends at bit `end`: System V ABI for x86-64, 3.1.2, which clang follows for
 * BPF too. A width of 0 goes on with the next unit, in packed structs as well.
 */
function bitStart(end: number, { base, width }: Bits<unknown>, packed: boolean): number {
  const unit = base.size * 8;
  const crosses = width === 0 || !packed && end % unit + width > unit;
  return crosses ? alignUp(end, unit) : end;
}

/** Lays fields out one over the other. */
export function layoutUnion(type: string, members: Members, packed: boolean): Layout {
  const fields: StructField[] = [];
  let size = 0;
  let align = 1;
  for (const [name, member] of Object.entries(members)) {
    checkName(type, name);
    const field = isBits(member) ? bitFieldAt(name, 0, member) : fieldAt(name, 0, member);
    if (field.codec.flexible) {
      throw new TypeError(`Cannot place field "${name}" of ${type}: it has no fixed size`);
    }
    fields.push({ ...field, shared: true });
    size = Math.max(size, field.size);
    if (!packed) align = Math.max(align, field.codec.align);
  }
  return layoutOf(fields, alignUp(size, align), align);
}

function checkName(type: string, name: string): void {
  if (!/^\d/.test(name)) return;
  throw new TypeError(`Cannot place field "${name}" of ${type}: objects reorder names that are numbers`);
}

function alignUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}
