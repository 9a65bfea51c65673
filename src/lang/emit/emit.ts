/**
 * From a checked function to instructions.
 *
 * @module
 */
import { exit, ja, mov, r0, r1 } from "../../asm/mod.ts";
import type { LoopWay } from "../ir/loop_way.ts";
import { Fault, START } from "../ir/place.ts";
import type { Program } from "../ir/program.ts";
import type { Statement, Target } from "../ir/tree.ts";
import { Code, type PlacedInstruction } from "./code.ts";
import { jumpUnless } from "./conditions.ts";
import { emitEffect } from "./effects.ts";
import { type AccessAt, CONTEXT, type Emitter, type MapLayout } from "./emitter.ts";
import { Frame } from "./frame.ts";
import { Homes } from "./homes.ts";
import { checkContext } from "./later.ts";
import { emitLoop } from "./loops.ts";
import { emitLookup } from "./maps.ts";
import { emitOptional } from "./optionals.ts";
import { emitParse } from "./parse.ts";
import { emitScalar } from "./scalars.ts";

/** What code depends on beside the function. */
export interface EmitOptions {
  readonly access: AccessAt;
  /** Whether the code is for kernels that have fields at other places, too. */
  readonly relocatable?: boolean | undefined;
  /** What keys and values of each map are. */
  readonly maps: ReadonlyMap<string, MapLayout>;
  /** How the kernel runs loops without a bound, where it does. */
  readonly loops?: (() => LoopWay | undefined) | undefined;
}

/**
 * Makes the instructions of a program.
 *
 * @throws {Fault} It needs too much stack, or is too large.
 */
export function emitProgram(program: Program, options: EmitOptions): PlacedInstruction[] {
  const { body, result, packet } = program;
  const code = new Code(START);
  const frame = new Frame();
  code.add(mov(CONTEXT, r1));
  const parsed = packet && { kind: packet.kind, parsed: emitParse(code, frame, packet) };
  const emitter = emitterOf({ code, frame, homes: new Homes(), packet: parsed, isLater: false }, options);
  emitStatements(emitter, body);
  code.add(mov(r0, Number(result)), exit());
  try {
    return code.finish();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Fault(START, `it is too large: ${error.message}`, "split it into several functions");
  }
}

/** What makes the code of a function: of the program itself, or of one that is called later. */
function emitterOf(
  parts: Pick<Emitter, "code" | "frame" | "homes" | "packet" | "isLater">,
  options: EmitOptions,
): Emitter {
  const { code, homes } = parts;
  const { access, relocatable = false, maps, loops } = options;
  const emitter: Emitter = {
    ...parts,
    access,
    relocatable,
    maps,
    // Nobody asks the kernel for its version where there is no such loop
    get loops() {
      return loops?.();
    },
    filling: { records: 0 },
    targets: new Map(),
    scalar: (value) => emitScalar(emitter, value),
    optional: (value, missing) => emitOptional(emitter, value, missing),
    lookup: (map, key) => emitLookup(emitter, map, key),
    jumpUnless: (condition, label) => jumpUnless(emitter, condition, label),
    effect: (effect) => emitEffect(emitter, effect),
    leave: () => code.add(exit()),
    statements: (all) => emitStatements(emitter, all),
    later: (place, body) =>
      code.callback("timer", () => {
        code.at(place);
        const parts = { code, frame: new Frame(), homes: new Homes(homes), packet: undefined, isLater: true };
        body(emitterOf(parts, options));
        checkContext(code);
      }),
  };
  return emitter;
}

function emitStatements(emitter: Emitter, all: readonly Statement[]): void {
  for (const one of all) emitStatement(emitter, one);
}

function emitStatement(emitter: Emitter, statement: Statement): void {
  const { code, frame, targets } = emitter;
  code.at(statement.place);
  switch (statement.kind) {
    case "effect":
      return emitEffect(emitter, statement.effect);
    case "block":
      return frame.within(() => emitBlock(emitter, statement.body, statement.target));
    case "if": {
      const [no, end] = [code.label(), code.label()];
      jumpUnless(emitter, statement.condition, no);
      frame.within(() => emitStatements(emitter, statement.then));
      if (statement.otherwise.length > 0) code.jump(ja(0), end);
      code.place(no);
      frame.within(() => emitStatements(emitter, statement.otherwise));
      code.place(end);
      return;
    }
    case "loop":
      return frame.within(() => emitLoop(emitter, statement));
    case "break":
    case "continue": {
      const labels = targets.get(statement.target);
      if (labels) code.jump(ja(0), statement.kind === "break" ? labels.end : labels.next);
      return;
    }
    case "return":
      emitScalar(emitter, statement.value);
      return emitter.leave();
  }
}

/** Statements which may be left before their end. */
function emitBlock(emitter: Emitter, body: readonly Statement[], target: Target | undefined): void {
  const end = emitter.code.label();
  if (target) emitter.targets.set(target, { end, next: end });
  emitter.statements(body);
  emitter.code.place(end);
}
