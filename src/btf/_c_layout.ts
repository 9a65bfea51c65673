import { BtfError } from "../errors.ts";
import type { Btf } from "./btf.ts";
import type { BtfComposite, BtfMember } from "./types.ts";
import { sizeOf } from "./walk.ts";

/** Structs do not go deeper into each other than this. */
const MAX_DEPTH = 200;

/** How a compiler must be told to lay out a struct or union. */
export interface CLayout {
  /** Whether it takes `__attribute__((packed))`. */
  readonly packed: boolean;
  /** What `__attribute__((aligned))` it takes, in bytes; 0 for none. */
  readonly aligned: number;
  /** The alignment that comes of it all, in bytes. */
  readonly align: number;
}

/**
 * Finds the attributes with which a compiler lays out structs and unions as the BTF says.
 *
 * Alignments are those that compilers give the text that is written, which may be less than those of the source:
 * BTF does not tell them.
 */
export class CLayouts {
  readonly #btf: Btf;
  readonly #known: Map<number, CLayout> = new Map();
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** The layout of a struct or union. */
  of(type: BtfComposite): CLayout {
    let layout = this.#known.get(type.id);
    if (layout === undefined) {
      layout = type.kind === "struct" ? this.#structLayout(type) : this.#unionLayout(type);
      this.#known.set(type.id, layout);
    }
    return layout;
  }

  /** The alignment of a type, in bytes. */
  alignOf(id: number): number {
    if (this.#depth >= MAX_DEPTH) {
      throw new BtfError(`Cannot align BTF type ${id}: it is more than ${MAX_DEPTH} types deep`);
    }
    this.#depth++;
    try {
      const type = this.#btf.type(id);
      switch (type.kind) {
        case "int":
        case "float":
        case "enum":
          return alignOfScalar(type.size);
        case "pointer":
          return 8;
        case "array":
        case "typedef":
        case "const":
        case "volatile":
        case "restrict":
        case "typeTag":
          return this.alignOf(type.typeId);
        case "struct":
        case "union":
          return this.of(type).align;
        default:
          throw new BtfError(`Cannot align BTF type ${id} "${type.name}": a ${type.kind} has no alignment`);
      }
    } finally {
      this.#depth--;
    }
  }

  /** How many bits a member takes. */
  bitsOf(member: BtfMember): number {
    return member.bitSize || sizeOf(this.#btf, member.typeId) * 8;
  }

  /** Where a member comes to be that follows what ends at bit `end`. */
  place(member: BtfMember, end: number, packed: boolean): number {
    if (member.bitSize === 0) return roundUp(end, packed ? 8 : this.alignOf(member.typeId) * 8);
    const unit = sizeOf(this.#btf, member.typeId) * 8;
    return packed || end % unit + member.bitSize <= unit ? end : roundUp(end, unit);
  }

  /** Packed is a struct with a member off its alignment, or with a size off the alignment of its members. */
  #structLayout(type: BtfComposite): CLayout {
    let align = 1;
    let packed = false;
    for (const member of type.members) {
      align = Math.max(align, this.alignOf(member.typeId));
      packed ||= this.place(member, member.bitOffset, false) !== member.bitOffset;
    }
    packed ||= type.size % align !== 0;
    return { packed, aligned: 0, align: packed ? 1 : align };
  }

  /** A union that is larger than its members is so by its alignment. */
  #unionLayout(type: BtfComposite): CLayout {
    let align = 1;
    let size = 0;
    for (const member of type.members) {
      align = Math.max(align, this.alignOf(member.typeId));
      size = Math.max(size, Math.ceil(this.bitsOf(member) / 8));
    }
    const packed = type.size < roundUp(size, align);
    if (packed) align = 1;
    let aligned = align;
    while (roundUp(size, aligned) < type.size && type.size % (aligned * 2) === 0) aligned *= 2;
    if (aligned === align || roundUp(size, aligned) !== type.size) return { packed, aligned: 0, align };
    return { packed, aligned, align: aligned };
  }
}

/** A scalar is aligned to its size, up to the 16 bytes of `__int128`. */
function alignOfScalar(size: number): number {
  return size >= 16 ? 16 : size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;
}

/** The next multiple. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
