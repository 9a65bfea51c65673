/**
 * From a script to programs.
 *
 * @module
 */
import { emitProgram } from "../emit/emit.ts";
import type { AccessAt, MapLayout } from "../emit/emitter.ts";
import { Fault } from "../ir/place.ts";
import type { Program } from "../ir/program.ts";
import type { Statement } from "../ir/tree.ts";
import type { ProbeNode, Script } from "./ast.ts";
import { Declarations } from "./declarations.ts";
import { lower } from "./expressions.ts";
import { ActionTable, type Host, Lowering, type ScriptState, type Site } from "./lowering.ts";
import { keyLayout, valueLayout } from "./map_uses.ts";
import { MapTable } from "./maps.ts";
import { truthOf } from "./numbers.ts";
import type { PlannedAction, PlannedMap, PlannedProgram, PlannedStacks } from "./plan.ts";
import { lowerStatements } from "./statements.ts";
import { isAggregation } from "./types.ts";

/** A probe of a script, at the places where it attaches. */
export interface PlacedProbe {
  readonly node: ProbeNode;
  /** In order; at least one. */
  readonly sites: readonly Site[];
}

/** Programs of one probe. */
export interface LoweredProbe {
  readonly node: ProbeNode;
  /** Each with the places that it is for. */
  readonly programs: readonly { readonly program: PlannedProgram; readonly sites: readonly Site[] }[];
}

/** What a script comes to. */
export interface Plan {
  readonly probes: readonly LoweredProbe[];
  /** In the order in which they were first seen. */
  readonly maps: readonly PlannedMap[];
  readonly stacks: readonly PlannedStacks[];
  /** By their numbers. */
  readonly actions: readonly PlannedAction[];
}

/** More than enough for what depends on what depends on what. */
const MOST_PASSES = 10;

/**
 * Makes programs of a script.
 *
 * @throws {Fault} It says what cannot be.
 */
export function planScript(
  { declarations: nodes }: Script,
  probes: readonly PlacedProbe[],
  host: Host,
  access: AccessAt = () => "probe",
): Plan {
  const maps = new MapTable();
  const declarations = new Declarations(nodes, host.types);
  const state = (): ScriptState => ({
    host,
    maps,
    declarations,
    actions: new ActionTable(),
    stacks: new Map(),
  });
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const scratch = state();
    for (const { node, sites } of probes) {
      const [site] = sites;
      if (site) lowerProbe(new Lowering(scratch, site, false, lower), node);
    }
    if (!maps.takeChanged()) break;
  }
  const final = state();
  const lowered = probes.map(({ node, sites }) => {
    return {
      node,
      bodies: [...Map.groupBy(sites, ({ kind }) => kind).values()].flatMap((some) =>
        bodiesOf(final, some, node)
      ),
    };
  });
  const planned = [...maps.shapes()].map(([name, shape]): PlannedMap => ({
    ...shape,
    name,
    keyType: keyLayout(shape),
    valueType: valueLayout(shape),
    perCpu: isAggregation(shape.value),
  }));
  const layouts = new Map<string, MapLayout>(
    planned.map(({ name, keyType, valueType }) => [name, { key: keyType, value: valueType }]),
  );
  return {
    maps: planned,
    stacks: [...final.stacks].map(([name, limit]) => ({ name, limit })),
    actions: final.actions.all,
    probes: lowered.map(({ node, bodies }) => ({
      node,
      programs: bodies.map(({ body, sites }) => {
        const placed = emitProgram(body.program, { access, maps: layouts });
        const program = {
          instructions: placed.map(({ instruction }) => instruction),
          places: placed.map(({ place }) => place),
          maps: body.used,
        };
        return { program, sites };
      }),
    })),
  };
}

/** The programs for places of one kind. What does not depend on the place is made once for all of them. */
function bodiesOf(
  state: ScriptState,
  [first, ...others]: readonly Site[],
  node: ProbeNode,
): { readonly body: LoweredBody; readonly sites: readonly Site[] }[] {
  if (!first) return [];
  const body = lowerBody(state, first, node);
  if (!body.isSpecific) return [{ body, sites: [first, ...others] }];
  return [
    { body, sites: [first] },
    ...others.map((site) => ({ body: lowerBody(state, site, node), sites: [site] })),
  ];
}

interface LoweredBody {
  readonly program: Program;
  readonly used: ReadonlySet<string>;
  readonly isSpecific: boolean;
}

function lowerBody(state: ScriptState, site: Site, node: ProbeNode): LoweredBody {
  const lowering = new Lowering(state, site, true, lower);
  const body = lowerProbe(lowering, node);
  return { program: { body, result: 0n }, used: lowering.used, isSpecific: lowering.isSpecific };
}

function lowerProbe(lowering: Lowering, { predicate, body, place }: ProbeNode): Statement[] {
  const condition = predicate && attempt(lowering, () => truthOf(lowering.lower(predicate), predicate.place));
  const statements = lowerStatements(lowering, body);
  const all = [...lowering.declared, ...statements];
  return condition ? [{ kind: "if", place, condition, then: all, otherwise: [] }] : all;
}

/** Before the last pass, what is not clear yet is left out. */
function attempt<T>(lowering: Lowering, make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (lowering.strict || !(error instanceof Fault)) throw error;
    return undefined;
  }
}
