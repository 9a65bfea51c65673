/**
 * What a script comes to: programs, and what is done outside of the kernel with what they send and collect.
 *
 * @module
 */
import type { Instruction } from "../../asm/mod.ts";
import type { Place } from "../ir/place.ts";
import type { RecordType, StoredType } from "../ir/type.ts";
import type { MapShape } from "./maps.ts";
import type { ValueType } from "./types.ts";

/** What is done outside when a program asks for it. */
export type Action =
  | { readonly do: "printf"; readonly format: string; readonly types: readonly ValueType[] }
  | { readonly do: "cat" | "system"; readonly format: string; readonly types: readonly ValueType[] }
  | { readonly do: "join"; readonly delimiter: string; readonly types: readonly ValueType[] }
  | { readonly do: "time"; readonly format: string; readonly types: readonly [] }
  | { readonly do: "exit"; readonly types: readonly [] }
  | { readonly do: "clear" | "zero"; readonly map: string; readonly types: readonly [] }
  | {
    readonly do: "printMap";
    readonly map: string;
    /** How many of the largest; all where it is 0. */
    readonly top: number;
    /** What values are divided by. */
    readonly divisor: number;
    readonly types: readonly [];
  }
  | { readonly do: "print"; readonly types: readonly ValueType[] };

/** An action, and the record that it comes with. */
export interface PlannedAction {
  readonly action: Action;
  readonly record: RecordType;
}

/** A map of the kernel. */
export interface PlannedMap extends MapShape {
  /** As the script names it. */
  readonly name: string;
  /** How a key is laid out. */
  readonly keyType: StoredType;
  /** How a value is laid out. */
  readonly valueType: StoredType;
  /** Whether each CPU has values of its own. */
  readonly perCpu: boolean;
}

/** A map of stacks, by the name that programs have for it. */
export interface PlannedStacks {
  readonly name: string;
  readonly limit: number;
}

/** A program. */
export interface PlannedProgram {
  readonly instructions: readonly Instruction[];
  /** What each of the instructions is made for. */
  readonly places: readonly Place[];
  /** The names of maps that it uses. */
  readonly maps: ReadonlySet<string>;
}

/** The name of the ring that actions are sent through. */
export const ACTIONS = "actions";
