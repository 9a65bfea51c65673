/**
 * The kinds of BTF, each as plain data. Types point to each other by id, so one can be read without the rest.
 *
 * Layouts: `include/uapi/linux/btf.h`.
 *
 * @module
 */

/** What every type has. */
export interface BtfNamed {
  /** The id within its BTF; 0 is `void`. */
  readonly id: number;
  /** Empty where the type is anonymous. */
  readonly name: string;
}

/** `void`, which has id 0 and no record. */
export interface BtfVoid extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "void";
}

/** An integer, character or boolean (`BTF_KIND_INT`). */
export interface BtfInt extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "int";
  /** In bytes. */
  readonly size: number;
  /** Width in bits, which may be less than the size. */
  readonly bits: number;
  /** In bits from the start of the bytes; 0 in all but old compilers' bitfields. */
  readonly bitOffset: number;
  /** Whether values may be negative. */
  readonly signed: boolean;
  /** Whether it is a character. */
  readonly char: boolean;
  /** Whether it is a boolean. */
  readonly bool: boolean;
}

/** A type that is another type with something added. */
export interface BtfModifier extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "pointer" | "typedef" | "volatile" | "const" | "restrict" | "typeTag";
  /** The id of the type. */
  readonly typeId: number;
  /** Set on a type tag whose name is a whole attribute, as `address_space(1)` (`kind_flag`). Since Linux 6.15. */
  readonly attribute?: true;
}

/** `BTF_KIND_ARRAY`. */
export interface BtfArray extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "array";
  /** The id of the type. */
  readonly typeId: number;
  /** The id of the type that indices have. */
  readonly indexTypeId: number;
  /** Number of elements; 0 for flexible ones. */
  readonly length: number;
}

/** A member of a struct or union. */
export interface BtfMember {
  /** Empty for anonymous structs and unions. */
  readonly name: string;
  /** The id of the type. */
  readonly typeId: number;
  /** In bits from the start of the struct. */
  readonly bitOffset: number;
  /** Width of a bitfield in bits; 0 for ordinary members. */
  readonly bitSize: number;
}

/** `BTF_KIND_STRUCT` and `BTF_KIND_UNION`. */
export interface BtfComposite extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "struct" | "union";
  /** In bytes. */
  readonly size: number;
  /** In the order of memory. */
  readonly members: readonly BtfMember[];
}

/** A name and value of an enum. */
export interface BtfEnumerator {
  /** The name. */
  readonly name: string;
  /** The number. */
  readonly value: bigint;
}

/** `BTF_KIND_ENUM` and `BTF_KIND_ENUM64`. */
export interface BtfEnum extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "enum";
  /** In bytes. */
  readonly size: number;
  /** Whether values may be negative. */
  readonly signed: boolean;
  /** Whether the record is a `BTF_KIND_ENUM64`. */
  readonly is64: boolean;
  /** In the order of the source. */
  readonly values: readonly BtfEnumerator[];
}

/** A struct or union that is declared and nowhere defined (`BTF_KIND_FWD`). */
export interface BtfForward extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "forward";
  /** Whether it is a union. */
  readonly union: boolean;
}

/** A function with its linkage (`BTF_KIND_FUNC`). */
export interface BtfFunction extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "function";
  /** The prototype. */
  readonly typeId: number;
  /** Who may refer to it. */
  readonly linkage: "static" | "global" | "extern";
}

/** A parameter of a prototype. The last one of a variadic function has no name and type 0. */
export interface BtfParameter {
  /** The name. */
  readonly name: string;
  /** The id of the type. */
  readonly typeId: number;
}

/** `BTF_KIND_FUNC_PROTO`. */
export interface BtfPrototype extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "prototype";
  /** The id of the type that is returned. */
  readonly returnTypeId: number;
  /** In order. */
  readonly parameters: readonly BtfParameter[];
}

/** A global variable (`BTF_KIND_VAR`). */
export interface BtfVariable extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "variable";
  /** The id of the type. */
  readonly typeId: number;
  /** Who may refer to it. */
  readonly linkage: "static" | "global" | "extern";
}

/** A variable's place in a section. */
export interface BtfSectionEntry {
  /** The id of the type. */
  readonly typeId: number;
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/** A data section (`BTF_KIND_DATASEC`). */
export interface BtfSection extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "section";
  /** In bytes; 0 in objects that no linker has touched. */
  readonly size: number;
  /** In the order of memory. */
  readonly entries: readonly BtfSectionEntry[];
}

/** `BTF_KIND_FLOAT`. */
export interface BtfFloat extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "float";
  /** In bytes. */
  readonly size: number;
}

/** A note on a declaration (`BTF_KIND_DECL_TAG`); its name is the text. */
export interface BtfDeclTag extends BtfNamed {
  /** Which kind of type this is. */
  readonly kind: "declTag";
  /** The id of the type. */
  readonly typeId: number;
  /** The member or parameter it is about; -1 for the whole. */
  readonly component: number;
  /** Set where the name is a whole attribute (`kind_flag`). Since Linux 6.15. */
  readonly attribute?: true;
}

/** Any BTF type. */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfModifier
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfForward
  | BtfFunction
  | BtfPrototype
  | BtfVariable
  | BtfSection
  | BtfFloat
  | BtfDeclTag;

/** The names of the kinds. */
export type BtfKind = BtfType["kind"];

/** The types of one kind: `BtfOfKind<"struct">` is {@linkcode BtfComposite}. */
export type BtfOfKind<K extends BtfKind> = { [T in BtfType as T["kind"]]: T }[K];

/** A type that has no id yet. The ids in it are those of the BTF that it is added to. */
export type NewBtfType = {
  [T in Exclude<BtfType, BtfVoid> as T["kind"]]: Omit<T, "id">;
}[Exclude<BtfKind, "void">];
