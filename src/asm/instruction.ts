/**
 * The instruction: one operation of a BPF program, with what it refers to still by name.
 *
 * Encoding: RFC 9669. A 64-bit immediate load takes two 8-byte slots and is one instruction here.
 *
 * @module
 */

/** A line of source code, as `.BTF.ext` and the verifier's log know it. */
export interface SourceLine {
  /** The file's name as the compiler was given it. */
  readonly file: string;
  /** The text of the line. */
  readonly text: string;
  /** Counted from 1; 0 where unknown. */
  readonly line: number;
  /** Counted from 1; 0 where unknown. */
  readonly column: number;
  /** Where {@linkcode SourceLine.file} is in the string section of the object's BTF, in bytes; kept for the kernel. */
  readonly fileOffset?: number;
  /** Where {@linkcode SourceLine.text} is in the string section of the object's BTF, in bytes; kept for the kernel. */
  readonly textOffset?: number;
}

/** What an instruction points to, until {@linkcode encode} or the loader puts a number in its place. */
export type Reference =
  /** A jump to the instruction in the same program that has this symbol. */
  | { readonly kind: "label"; readonly name: string }
  /** A call to, or the address of, a BPF function (`BPF_PSEUDO_CALL`, `BPF_PSEUDO_FUNC`). */
  | { readonly kind: "function"; readonly name: string }
  /** The address of a map (`BPF_PSEUDO_MAP_FD`). */
  | { readonly kind: "map"; readonly name: string }
  /**
   * The address inside the first value of a map (`BPF_PSEUDO_MAP_VALUE`); the offset is `immHigh`. In an arena the
   * offset counts from the first of its variables, which the loader gives a place.
   */
  | { readonly kind: "mapValue"; readonly name: string }
  /** A variable or function of the kernel, declared `__ksym` in C. */
  | { readonly kind: "ksym"; readonly name: string; readonly weak: boolean; readonly typeId: number };

/** A CO-RE record of `.BTF.ext` (`struct bpf_core_relo`), still against the types of the object file. */
export interface CoreRelocation {
  /** `enum bpf_core_relo_kind`: 0 byte offset, 1 byte size, 2 field exists, …, 12 type matches. */
  readonly kind: number;
  /** The root type, an id in the object's BTF. */
  readonly typeId: number;
  /** Member and array indices from the root, joined by colons: `0:1:2`. */
  readonly accessor: string;
}

/** One BPF instruction. */
export interface Instruction {
  /** Class, source or mode, and operation or size, as the kernel encodes them in one byte. */
  readonly opcode: number;
  /** Destination register, 0 to 10. */
  readonly dst: number;
  /** Source register, 0 to 10; in calls and 64-bit immediate loads the pseudo source (`BPF_PSEUDO_…`). */
  readonly src: number;
  /** Jump distance in slots, byte offset of a memory access, or modifier; signed 16 bits. */
  readonly offset: number;
  /** Immediate; signed 32 bits. */
  readonly imm: number;
  /** Immediate of the second slot of a 64-bit immediate load, signed 32 bits; 0 in all others. */
  readonly immHigh: number;
  /** The name of this place: the target of references of kind `label` and `function`. */
  readonly symbol?: string;
  /** What `imm`, `immHigh` or `offset` still have to be filled from. */
  readonly reference?: Reference;
  /** The source line that starts here. */
  readonly source?: SourceLine;
  /** The BTF id of the `FUNC` type of the function that starts here. */
  readonly functionTypeId?: number;
  /** The CO-RE record of this instruction. */
  readonly relocation?: CoreRelocation;
}
