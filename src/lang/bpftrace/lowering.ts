/**
 * What all parts that lower a script share.
 *
 * @module
 */
import type { Btf } from "../../btf/core.ts";
import type { ContextSpec } from "../check/environment.ts";
import type { Place } from "../ir/place.ts";
import type { Effect, Statement, Target, Variable } from "../ir/tree.ts";
import { layOut, VOID } from "../ir/type.ts";
import { TAG_SIZE } from "../check/shared/events.ts";
import type { Expression } from "./ast.ts";
import type { Declarations } from "./declarations.ts";
import type { MapTable } from "./maps.ts";
import { type Action, ACTIONS, type PlannedAction } from "./plan.ts";
import type { ValueType } from "./types.ts";
import { leavesOf, storedTypes, type Value } from "./value.ts";

/** What scripts find around them. */
export interface Host {
  /** The types of the kernel; called when one is needed. */
  readonly types: () => Btf;
  /** The address of a symbol of the kernel; `undefined` where there is none. */
  kernelAddress(name: string): bigint | undefined;
  /** The address of a symbol of the program at a path; `undefined` where there is none. */
  userAddress(path: string, name: string): bigint | undefined;
  /** The number of the cgroup at a path; `undefined` where there is none. */
  cgroupId(path: string): bigint | undefined;
  /** What is handed to the script: `$1` and on. */
  readonly parameters: readonly string[];
  /** When it began, in nanoseconds of the clock that goes on while the machine sleeps. */
  readonly started: bigint;
  /** The process that the script was told to start; `undefined` where there is none. */
  readonly child: number | undefined;
  /** Whether the script may do harm: `system()`, `signal()`. */
  readonly unsafe: boolean;
}

/** Where a program runs. */
export interface Site {
  /** As scripts see it: `tracepoint:sched:sched_switch`. */
  readonly probe: string;
  /** `kprobe`, `tracepoint`, …. */
  readonly kind: string;
  /** The function, of probes of functions. */
  readonly function: string | undefined;
  /** The file, of probes in programs. */
  readonly path: string | undefined;
  /** What the program is called with. */
  readonly context: ContextSpec;
}

/** The actions of a script, which are numbered as they occur. */
export class ActionTable {
  readonly #actions: PlannedAction[] = [];

  /** Numbers an action. */
  add(action: Action, types: readonly ValueType[] = action.types): PlannedAction & { readonly tag: number } {
    const fields = types.flatMap(storedTypes).map((type, i) => ({ name: `${i}`, type }));
    const planned = { action, record: layOut(fields, TAG_SIZE) };
    return { ...planned, tag: this.#actions.push(planned) - 1 };
  }

  /** By their numbers. */
  get all(): readonly PlannedAction[] {
    return this.#actions;
  }
}

/** A variable of a script: one of the kernel for each part of its value. */
export interface Local {
  type: ValueType;
  readonly leaves: readonly Variable[];
}

/** What all probes of a script share. */
export interface ScriptState {
  readonly host: Host;
  readonly maps: MapTable;
  readonly actions: ActionTable;
  readonly declarations: Declarations;
  /** The maps of stacks, with how many frames these have. */
  readonly stacks: Map<string, number>;
}

/** A probe while it is lowered. */
export class Lowering {
  readonly host: Host;
  readonly site: Site;
  readonly maps: MapTable;
  readonly actions: ActionTable;
  readonly declarations: Declarations;
  /** The loops around, the innermost last. */
  readonly loops: Target[] = [];
  /** Whether all must be known; before the last pass, what is not is left out. */
  readonly strict: boolean;
  /** The variables so far. */
  readonly locals: Map<string, Local> = new Map();
  /** Where they get their first value. */
  readonly declared: Statement[] = [];
  /** What an expression is. */
  readonly lower: (node: Expression) => Value;
  /** Maps that the program uses. */
  readonly used: Set<string> = new Set();
  /** Maps of stacks that the program uses, with their limits. */
  readonly stacks: Map<string, number>;
  /** Whether the code depends on where exactly the program runs. */
  isSpecific = false;

  /** Begins without variables. */
  constructor(
    script: ScriptState,
    site: Site,
    strict: boolean,
    lower: (lowering: Lowering, node: Expression) => Value,
  ) {
    this.lower = (node) => lower(this, node);
    this.host = script.host;
    this.maps = script.maps;
    this.actions = script.actions;
    this.declarations = script.declarations;
    this.stacks = script.stacks;
    this.site = site;
    this.strict = strict;
  }

  /** Sends an action with the parts of values. */
  send(action: Action, values: readonly Value[], place: Place): Effect {
    this.used.add(ACTIONS);
    const { tag, record } = this.actions.add(action, values.map(({ type }) => type));
    const fields = { kind: "fields", type: record, place, values: values.flatMap(leavesOf) } as const;
    return { kind: "emit", type: VOID, place, map: ACTIONS, tag, fields };
  }
}
