/**
 * From names to things: what a function means on this kernel, and with what it was given.
 *
 * @module
 */
import { closest } from "../../names.ts";
import { Fault } from "../ir/place.ts";
import type { Program } from "../ir/program.ts";
import type { BindingSyntax, FunctionSyntax, InnerFunctionSyntax } from "../ir/syntax.ts";
import { contextNamespace } from "./context.ts";
import { iterationOf, rowOf } from "./iterator.ts";
import type { Environment, SharedUse } from "./environment.ts";
import { check } from "./expressions.ts";
import { GLOBALS } from "./globals.ts";
import { definitions } from "./inline.ts";
import { namespaceOf } from "./members.ts";
import { packetOf } from "./packets.ts";
import { Scope } from "./scope.ts";
import { emitted } from "./shared/events.ts";
import { sharedThing } from "./shared/shared.ts";
import { SharedState } from "./shared/state.ts";
import { type Body, checkStatements } from "./statements.ts";
import type { Namespace, Thing } from "./thing.ts";

/** The name under which events are shared that a function returns. */
export const RETURNED = "returned";

/** A function that is checked. */
export interface Checked {
  readonly program: Program;
  /** What it made of each thing that was shared and that it uses. */
  readonly uses: ReadonlyMap<string, SharedUse>;
}

type States = ReadonlyMap<string, SharedState>;

/**
 * Checks a function. Where it asks for a value before it says what values are, it is gone through once more, with what it says later.
 *
 * @throws {Fault} It says what cannot be.
 */
export function checkFunction(syntax: FunctionSyntax, environment: Environment): Checked {
  const states = statesOf(environment);
  let checked: Checked | undefined;
  let fault: unknown;
  try {
    checked = checkOnce(syntax, environment, states);
  } catch (error) {
    fault = error;
  }
  const early = [...states.values()].filter(({ askedAt }) => askedAt);
  for (const { name, value, askedAt } of early) {
    if (value || !askedAt) continue;
    throw new Fault(askedAt, `it is not known what "${name}" holds`, "give its types: hash(u32, u64)");
  }
  if (early.length > 0) return checkOnce(syntax, environment, statesOf(environment, states));
  if (!checked) throw fault;
  return checked;
}

/** Functions whose programs are of the types that the verifier gives neither locks nor timers (`is_tracing_prog_type`). */
const WITHOUT_LOCKS: ReadonlySet<Environment["context"]["kind"]> = new Set([
  "fields",
  "registers",
  "usdt",
  "plain",
]);

function statesOf({ shared, context }: Environment, learned?: States): States {
  const lockable = !WITHOUT_LOCKS.has(context.kind);
  return new Map(
    Object.entries(shared).map((
      [name, spec],
    ) => [name, new SharedState(name, spec, { value: learned?.get(name)?.value, lockable })]),
  );
}

function checkOnce({ bindings, body }: FunctionSyntax, environment: Environment, shared: States): Checked {
  const { context, results, result = 0n, types } = environment;
  const iteration = context.kind === "iterator" ? iterationOf(context, types) : undefined;
  const packet = packetOf(environment);
  const roots = {
    context: contextNamespace(environment, iteration?.members ?? packet?.members),
    shared: sharedNamespace(shared, (syntax) => handed.define(syntax)),
  };
  const around: Body = {
    results,
    result,
    counters: new Set(),
    targets: [],
    passes: 1,
    opened: { loops: 0 },
    endsLoops: () => environment.loops?.() !== undefined,
    emit(event, place) {
      const events = shared.get(RETURNED);
      if (!events) throw new Fault(place, "it has nowhere to send an event to");
      const sent = emitted(events, event, place);
      return context.kind === "iterator" ? rowOf(sent) : sent;
    },
  };
  const surroundings = { types, globals: GLOBALS, define: definitions(around, checkStatements), check };
  const pass = (name: string) => `pass it in the second argument: { ${name} }, (c, { ${name} }) => …`;
  const scope = new Scope({ ...surroundings, missing: pass });
  // What is handed over is not inside, and sees no names of it
  const give = (name: string) => `call it with that: give it a parameter "${name}"`;
  const handed = new Scope({ ...surroundings, missing: give });
  for (const binding of bindings) {
    scope.declare(binding.name, { thing: bound(roots, binding) }, binding.place);
  }
  const statements = [...iteration?.first ?? [], ...checkStatements(around, new Scope(scope), body)];
  const uses = new Map<string, SharedUse>();
  for (const [name, { use }] of shared) if (use) uses.set(name, use);
  return { program: { body: statements, result, ...packet && { packet: packet.use } }, uses };
}

function sharedNamespace(shared: States, define: (syntax: InnerFunctionSyntax) => Thing): Namespace {
  const functions = new Map<string, Thing>();
  const names = [...shared.keys()].filter((name) => name !== RETURNED);
  return {
    ...namespaceOf("the second argument", {}),
    member(name, place) {
      const found = name === RETURNED ? undefined : shared.get(name);
      const known = functions.get(name);
      if (known) return known;
      if (found) {
        const thing = sharedThing(found, place, define);
        if (found.spec.kind === "function") functions.set(name, thing); // one, which knows when it calls itself
        return thing;
      }
      const meant = closest(name, names);
      const cure = meant === "" ? `pass it: { ${name} }` : undefined;
      throw new Fault(place, `the second argument has no "${name}"${meant}`, cure);
    },
  };
}

function bound(
  roots: Readonly<Record<"context" | "shared", Namespace>>,
  { path, place }: BindingSyntax,
): Thing {
  const [root, ...members] = path;
  let thing: Thing = roots[root];
  for (const name of members) {
    if (thing.kind !== "namespace") throw new Fault(place, `there is no "${name}" in it`);
    thing = thing.member(name, place);
  }
  return thing;
}
