/**
 * What a kernel function finds around it, as plain data.
 *
 * @module
 */
import type { HelperName } from "../../asm/mod.ts";
import type { Btf } from "../../btf/core.ts";
import type { LoopWay } from "../ir/loop_way.ts";
import type { LinearBuckets } from "../ir/buckets.ts";
import type { InnerFunctionSyntax } from "../ir/syntax.ts";
import type { PacketKind } from "../ir/packet.ts";
import type { Names, RecordType, Shown, StoredType } from "../ir/type.ts";

/** What keys are; `"none"` where there are none. What is not given is learned from the first use. */
export type KeySpec = StoredType | "none" | undefined;

/** A number or text of the script. */
export type Plain = number | bigint | string | boolean;

/** A thing that the function shares with the script, or a number, text or list of it. */
export type SharedSpec =
  | { readonly kind: "constant"; readonly value: Plain | readonly Plain[] }
  /** A function of the script's, which sees only what it is called with. */
  | { readonly kind: "function"; readonly parse: () => InnerFunctionSyntax }
  /** A sum, of each key or in all. */
  | { readonly kind: "counter"; readonly key: KeySpec }
  /** The last value. */
  | { readonly kind: "gauge"; readonly key: KeySpec }
  /** Number, sum, least and largest of values. */
  | { readonly kind: "stats"; readonly key: KeySpec }
  /** How many values fall into each bucket: those by powers of two, or of equal size. */
  | { readonly kind: "histogram"; readonly key: KeySpec; readonly linear?: LinearBuckets }
  | {
    readonly kind: "hash";
    readonly key: StoredType | undefined;
    readonly value: StoredType | undefined;
    /** Whether each record that it holds has a lock. */
    readonly locks?: boolean;
  }
  /** Keys alone. */
  | { readonly kind: "set"; readonly key: StoredType | undefined }
  /** Elements by number, which are always there. */
  | { readonly kind: "array"; readonly value: StoredType }
  /** What is done later, by key. */
  | { readonly kind: "timers"; readonly key: StoredType | undefined }
  /** Values that leave in order, or the last one first. */
  | { readonly kind: "queue"; readonly value: StoredType | undefined }
  /** A trie by the longest prefix of addresses. */
  | { readonly kind: "lpm"; readonly value: StoredType }
  /** Events of the shapes that were sent so far; the tag of one is its index. */
  | { readonly kind: "events"; readonly shapes: readonly RecordType[] };

/** A field of the context of a tracepoint, as its format says. */
export interface FieldSpec {
  readonly name: string;
  /** In C, without an array's length: `const char *`. */
  readonly type: string;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** Of an array. */
  readonly length?: number;
  /** Whether the context has the place of the data instead: `__data_loc`. */
  readonly elsewhere?: true;
  /** How it is shown, where the format prints names for it. */
  readonly shown?: Names | undefined;
  /** Which address it is, of an array that the format prints as one. */
  readonly address?: "ipv4" | "ipv6" | "mac" | undefined;
}

/** An argument of a function or tracepoint of the kernel. */
export interface ParameterSpec {
  readonly name: string;
  /** In the BTF of the kernel. */
  readonly typeId: number;
}

/** A member of a struct that programs are called with, of `include/uapi/linux/bpf.h`. */
export type MemberSpec =
  | {
    /** In bytes. */
    readonly offset: number;
    /** In bytes, as the kernel lets programs load it. */
    readonly size: 1 | 2 | 4 | 8;
    readonly signed?: true;
    readonly shown?: Shown;
    readonly names?: Readonly<Record<string, number>>;
    /** How many bytes of the number that is loaded are in network order. */
    readonly network?: 2 | 4;
    /** What is known is whether a bit of these is set. */
    readonly mask?: number;
    /** Of an array. */
    readonly length?: number;
    /** Whether programs may change it. */
    readonly writable?: true;
  }
  /** An address of IPv6; `offset` is in bytes. */
  | { readonly offset: number; readonly address: "ipv6"; readonly writable?: true }
  /** What a helper returns that is called with the context. */
  | { readonly number: HelperName }
  /** What a helper writes into a place of so many bytes. */
  | { readonly text: HelperName; readonly size: number; readonly more: readonly number[] }
  /** A method that has a helper set flags, by their names. */
  | { readonly flags: HelperName; readonly names: Readonly<Record<string, number>> };

/** Where an argument of a probe is; a text in its place says why programs cannot have it. Registers are by offset in bytes. */
export interface UserArgumentSpec {
  /** In bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  readonly place:
    | { readonly kind: "constant"; readonly value: bigint }
    | { readonly kind: "register"; readonly register: number }
    | { readonly kind: "memory"; readonly register: number; readonly offset: bigint }
    /** At `register + (index << shift) + offset`. */
    | {
      readonly kind: "indexed";
      readonly register: number;
      readonly index: number;
      readonly shift: number;
      readonly offset: bigint;
    };
}

/** What a function is called with. */
export type ContextSpec =
  | { readonly kind: "plain" }
  /** A tracepoint by its format. `space` is whose memory its addresses are of. */
  | { readonly kind: "fields"; readonly fields: readonly FieldSpec[]; readonly space: "kernel" | "user" }
  /** Arguments that the verifier knows the types of, in 8 bytes each; behind them, at a return, what is returned. */
  | { readonly kind: "typed"; readonly parameters: readonly ParameterSpec[]; readonly result?: number }
  /**
   * The registers at a call (`struct pt_regs`), or at its return. `parameters` and `result`, of which the type is given in the
   * BTF of the kernel, are known of its own functions.
   */
  | {
    readonly kind: "registers";
    readonly space: "kernel" | "user";
    readonly at: "call" | "return";
    readonly parameters: readonly ParameterSpec[];
    readonly result?: number;
  }
  /**
   * The registers at a probe that a program declares, and its arguments: one list for each of the ways in which its places have
   * them, told apart by the cookie.
   */
  | { readonly kind: "usdt"; readonly ways: readonly (readonly (UserArgumentSpec | string)[])[] }
  /** An object of a list: what its iterator is called with in 8 bytes each, which are null behind the last object. */
  | { readonly kind: "iterator"; readonly parameters: readonly ParameterSpec[] }
  /** A struct, of a packet or not; `ofTask` where the function runs on behalf of a process. */
  | {
    readonly kind: "struct";
    readonly members: Readonly<Record<string, MemberSpec>>;
    readonly ofTask: boolean;
    readonly packet?: PacketKind;
  }
  /** A packet. */
  | { readonly kind: Exclude<PacketKind, "cgroupSkb"> };

/** What a kernel function finds around it. */
export interface Environment {
  readonly context: ContextSpec;
  readonly shared: Readonly<Record<string, SharedSpec>>;
  /** The types of the kernel; called when one is needed. */
  readonly types: () => Btf;
  /** The address of a symbol of the kernel; `undefined` where there is none. */
  readonly symbol?: (name: string) => bigint | undefined;
  /** How the kernel ends loops that go on for too long, where it does. */
  readonly loops?: () => LoopWay | undefined;
  /** What it may return, by name; none where its events are what it returns. */
  readonly results?: Readonly<Record<string, bigint>>;
  /** What it returns where it says nothing. */
  readonly result?: bigint;
}

/** What the function made of a thing that was shared. */
export interface SharedUse {
  readonly key?: StoredType;
  readonly value?: StoredType;
  readonly shapes?: readonly RecordType[];
}
