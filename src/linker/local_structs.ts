import type { CoreRelocation } from "../asm/core.ts";
import {
  type Btf,
  type BtfBuilder,
  type BtfComposite,
  type BtfMember,
  findMember,
  intType,
  skipModifiers,
} from "../btf/core.ts";

/** A field of a struct of the kernel. */
export interface EncodedField {
  /** The struct's id in the kernel's BTF. */
  readonly root: number;
  /** The way from there: members by their names, also of anonymous structs in others, and elements of arrays by their numbers. */
  readonly steps: readonly (string | number)[];
}

/** What is known of a struct: the members that somebody asks for. */
interface LocalStruct {
  readonly type: BtfComposite;
  readonly members: Map<string, Pick<BtfMember, "typeId" | "bitOffset">>;
}

/** `BPF_CORE_FIELD_BYTE_OFFSET` of `include/uapi/linux/bpf.h`. */
const BYTE_OFFSET = 0;

/**
 * Structs of a kernel with nothing but the fields that a program uses, where that kernel has them: loaders look for the names, and put
 * in the places that the kernel which runs has.
 */
export class LocalStructs {
  readonly #btf: Btf;
  readonly #structs: Map<number, LocalStruct> = new Map();
  /** Ids in the object, by those of the kernel. */
  readonly #ids: Map<number, number> = new Map();

  /** Those that these fields are in. */
  constructor(btf: Btf, fields: readonly EncodedField[]) {
    this.#btf = btf;
    for (const { root, steps } of fields) this.#walk(root, steps);
  }

  /** What says where a field is, with its types among those of the object. */
  relocation(types: BtfBuilder, { root, steps }: EncodedField): CoreRelocation {
    const parents = this.#walk(root, steps);
    const indices = steps.map((step, i) =>
      typeof step === "number" ? step : orderOf(parents[i]).findIndex(([known]) => known === step)
    );
    return { kind: BYTE_OFFSET, typeId: this.#idOf(types, root), accessor: [0, ...indices].join(":") };
  }

  /** The structs that the steps are members of; members that are not known yet are, from here on. */
  #walk(root: number, steps: readonly (string | number)[]): (LocalStruct | undefined)[] {
    let typeId = root;
    return steps.map((step) => {
      const type = skipModifiers(this.#btf, typeId);
      if (type.kind === "array") typeId = type.typeId;
      if (type.kind !== "struct" && type.kind !== "union") return undefined;
      const name = String(step);
      const struct = this.#structs.get(type.id) ?? { type, members: new Map() };
      this.#structs.set(type.id, struct);
      const found = struct.members.get(name) ?? this.#find(type, name);
      struct.members.set(name, found);
      typeId = found.typeId;
      return struct;
    });
  }

  #find(type: BtfComposite, name: string): Pick<BtfMember, "typeId" | "bitOffset"> {
    const found = findMember(this.#btf, type, name);
    if (!found) {
      throw new RangeError(`Cannot write an object file: ${type.kind} ${type.name} has no member "${name}"`);
    }
    return { typeId: found.member.typeId, bitOffset: found.bitOffset };
  }

  /** The id of a type in the object. */
  #idOf(types: BtfBuilder, typeId: number): number {
    const type = skipModifiers(this.#btf, typeId);
    const known = this.#ids.get(type.id);
    if (known !== undefined) return known;
    const id = this.#add(types, type.id);
    this.#ids.set(type.id, id);
    return id;
  }

  #add(types: BtfBuilder, typeId: number): number {
    const type = skipModifiers(this.#btf, typeId);
    switch (type.kind) {
      case "int": {
        const { id: _, ...int } = type;
        return types.add(int);
      }
      case "enum": // by its size alone: loaders compare no names where there is none
        return types.add({
          kind: "enum",
          name: "",
          size: type.size,
          signed: type.signed,
          is64: false,
          values: [],
        });
      case "array": {
        const indexTypeId = types.add(intType());
        const elementId = this.#idOf(types, type.typeId);
        return types.add({ kind: "array", name: "", typeId: elementId, indexTypeId, length: type.length });
      }
      case "struct":
      case "union": {
        const members = orderOf(this.#structs.get(type.id)).map(([name, { typeId, bitOffset }]) => ({
          name,
          typeId: this.#idOf(types, typeId),
          bitOffset,
          bitSize: 0,
        }));
        return types.add({ kind: type.kind, name: type.name, size: type.size, members });
      }
      default: // what a pointer leads to, nobody asks for
        return types.add({ kind: "pointer", name: "", typeId: 0 });
    }
  }
}

/** The members in the order of memory, as the kernel wants them. */
function orderOf(struct: LocalStruct | undefined): [string, Pick<BtfMember, "typeId" | "bitOffset">][] {
  return [...struct?.members ?? []].sort(([, a], [, b]) => a.bitOffset - b.bitOffset);
}
