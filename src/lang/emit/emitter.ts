/**
 * What all parts that make code share.
 *
 * Every value is computed into r0; what has to be kept meanwhile is in slots of the stack, of which the verifier knows what is
 * there as well as of registers. r6 is the context, r9 the record that is being filled.
 *
 * @module
 */
import { r6, type Register64 } from "../../asm/mod.ts";
import type { LoopWay } from "../ir/loop_way.ts";
import type { PacketKind } from "../ir/packet.ts";
import type { Condition, Effect, Optional, Scalar, Statement, Stored, Target } from "../ir/tree.ts";
import type { Place } from "../ir/place.ts";
import type { StoredType } from "../ir/type.ts";
import type { Code, Label } from "./code.ts";
import type { Frame } from "./frame.ts";
import type { Homes } from "./homes.ts";
import type { Parsed } from "./parse.ts";

/** Where the context is all along. */
export const CONTEXT: Register64 = r6;

/**
 * How memory of the kernel is read that the verifier knows the type of: as it is, as it is where its address is not null, or by
 * a helper as any other.
 */
export type Access = "direct" | "guarded" | "probe";

/** How memory is read by what is at a place of the source. */
export type AccessAt = (place: Place) => Access;

/** Where break and continue lead to. */
export interface LoopLabels {
  readonly end: Label;
  readonly next: Label;
}

/** What a map holds. */
export interface MapLayout {
  readonly key?: StoredType;
  readonly value?: StoredType;
}

/** What is known of the packet. */
export interface PacketState {
  readonly kind: PacketKind;
  /** Where on the stack it says where its headers are. */
  readonly parsed: Parsed;
}

/** Code that is being made, and what its parts make code of that they consist of. */
export interface Emitter {
  /** Computes a value into r0. */
  scalar(value: Scalar): void;
  /** Computes a value into r0; where it is missing, jumps, or without a label makes r0 0. */
  optional(value: Optional, missing?: Label): void;
  /** Computes the address of what a map has for a key into r0; 0 where it has nothing. */
  lookup(map: string, key: Stored): void;
  /** Goes on where a condition holds, and jumps where it does not. */
  jumpUnless(condition: Condition, label: Label): void;
  /** Does something. */
  effect(effect: Effect): void;
  /** Leaves the program with what is in r0. */
  leave: () => void;
  /**
   * Puts a function behind all else that the kernel calls later, when the variables and the context of this one are gone. Returns its
   * name.
   */
  later(place: Place, body: (emitter: Emitter) => void): string;
  /** Runs statements. */
  statements(all: readonly Statement[]): void;
  /** Whether it is of such a function, which has no context. */
  readonly isLater: boolean;
  readonly code: Code;
  readonly frame: Frame;
  readonly access: AccessAt;
  /** Whether the code is for kernels that have fields at other places, too. */
  readonly relocatable: boolean;
  /** What keys and values of each map are. */
  readonly maps: ReadonlyMap<string, MapLayout>;
  /** How the kernel runs loops without a bound. */
  readonly loops: LoopWay | undefined;
  readonly homes: Homes;
  /** Of programs that see packets. */
  readonly packet: PacketState | undefined;
  /** How many records of rings are being filled: r9 is the innermost. */
  readonly filling: { records: number };
  /** Where what can be left leads to. */
  readonly targets: Map<Target, LoopLabels>;
}
