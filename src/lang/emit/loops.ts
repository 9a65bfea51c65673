/**
 * Loops: jumps back where the verifier follows each pass; longer ones and those without a bound the kernel runs, by jumps that it
 * counts or by calling their body.
 *
 * @module
 */
import {
  add,
  call,
  exit,
  ja,
  jeq,
  ldFunction,
  ldx,
  mayGoto,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  r7,
  rsh,
  st,
  stx,
  sub,
} from "../../asm/mod.ts";
import { BPF_MAX_LOOPS } from "../ir/loop_way.ts";
import type { Statement } from "../ir/tree.ts";
import type { Label } from "./code.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";
import { checkContext } from "./later.ts";

type Loop = Extract<Statement, { kind: "loop" }>;

/** What a function has of the stack at least (`check_max_stack_depth`). */
const CALLED_STACK = 32;

/** Runs a loop. */
export function emitLoop(emitter: Emitter, loop: Loop): void {
  emitter.statements(loop.first);
  const hide = hider(emitter, loop);
  if (loop.open && emitter.loops === "bpf_loop") emitCalls(emitter, loop, hide);
  else emitJumps(emitter, loop, hide);
}

/**
 * What each pass begins with, so that the verifier knows nothing of what is counted, or it would follow each pass: it adds what is
 * always 0, a quarter of the clock without itself, which for the verifier may be anything.
 */
function hider({ code, frame, homes }: Emitter, { counters, place }: Loop): () => void {
  const slots = counters.flatMap((variable) => homes.find(variable, place)?.value ?? []);
  if (slots.length === 0) return () => {};
  const nothing = frame.allocate(8, place);
  code.at(place);
  code.add(call("bpf_ktime_get_ns"), rsh(r0, 2), mov(r1, r0), sub(r0, r1), stx("u64", [r10, nothing], r0));
  return () => {
    code.at(place);
    code.add(ldx("u64", r0, [r10, nothing]));
    for (const slot of slots) code.add(ldx("u64", r1, [r10, slot]), add(r1, r0), stx("u64", [r10, slot], r1));
  };
}

function emitJumps(emitter: Emitter, loop: Loop, hide: () => void): void {
  const { code } = emitter;
  const [start, end] = [code.label(), code.label()];
  code.place(start);
  if (loop.open) code.jump(mayGoto(0), end);
  hide();
  emitPass(emitter, loop, end);
  code.jump(ja(0), start);
  code.place(end);
}

/** One pass; jumps where it is the last. */
function emitPass(emitter: Emitter, { target, condition, body, update, bodyFirst }: Loop, end: Label): void {
  const { code } = emitter;
  const next = code.label();
  if (!bodyFirst) emitter.jumpUnless(condition, end);
  emitter.targets.set(target, { next, end });
  emitter.frame.within(() => emitter.statements(body));
  code.place(next);
  if (update) emitter.effect(update);
  if (bodyFirst) emitter.jumpUnless(condition, end);
}

/**
 * Has the kernel call the body until that returns 1. What leaves more than the loop says so in a slot, as the body cannot jump out
 * of its function.
 */
function emitCalls(emitter: Emitter, loop: Loop, hide: () => void): void {
  const { code, frame, isLater } = emitter;
  const { place } = loop;
  frame.reserve(CALLED_STACK, place);
  frame.within(() => {
    const [context, left, result] = [
      frame.allocate(8, place),
      frame.allocate(8, place),
      frame.allocate(8, place),
    ];
    const returned = code.label();
    const ways: Way[] = [];
    const name = code.callback("loop", () => {
      code.at(place);
      code.add(mov(r7, r2));
      if (!isLater) code.add(ldx("u64", CONTEXT, [r7, context]));
      hide();
      ways.push(...emitBody(emitter, loop, { returned, left, result }));
      if (isLater) checkContext(code);
    }, r7);
    code.at(place);
    code.add(st("u64", [r10, left], 0));
    if (!isLater) code.add(stx("u64", [r10, context], CONTEXT));
    code.add(mov(r1, BPF_MAX_LOOPS), ldFunction(r2, name), mov(r3, r10), mov(r4, 0), call("bpf_loop"));
    code.add(ldx("u64", r0, [r10, left]));
    ways.forEach(({ way, to }, i) => {
      if (way.used) code.jump(jeq(r0, i + 1, 0), to);
    });
    if (!returned.used) return;
    const end = code.label();
    code.jump(jeq(r0, 0, 0), end);
    code.add(ldx("u64", r0, [r10, result]));
    emitter.leave();
    code.place(end);
  });
}

/** What is left that is around a loop: where its body jumps to, and where that leads to. */
interface Way {
  readonly way: Label;
  readonly to: Label;
}

interface Left {
  /** Where the body jumps to where it returns from the program. */
  readonly returned: Label;
  /** The slot that says which way the body left; 0 for none. */
  readonly left: number;
  /** The slot for what it returns. */
  readonly result: number;
}

/** One pass, as a function that returns whether it was the last. Returns the ways out of it, by their numbers from 1. */
function emitBody(emitter: Emitter, loop: Loop, { returned, left, result }: Left): Way[] {
  const { code, targets, filling, leave } = emitter;
  const around = [...targets];
  const { records } = filling;
  const ways = around.flatMap(([target, { end, next }]): Way[] => {
    const own = { end: code.label(), next: code.label() };
    targets.set(target, own);
    return [{ way: own.end, to: end }, { way: own.next, to: next }];
  });
  emitter.leave = () => {
    code.add(stx("u64", [r10, result], r0));
    code.jump(ja(0), returned);
  };
  filling.records = 0; // the register of the outer one is not that of this function

  const end = code.label();
  emitPass(emitter, loop, end);
  code.add(mov(r0, 0), exit());
  code.place(end);
  code.add(mov(r0, 1), exit());
  [...ways.map(({ way }) => way), returned].forEach((way, i) => {
    if (!way.used) return;
    code.place(way);
    code.add(st("u64", [r10, left], i + 1), mov(r0, 1), exit());
  });

  for (const [target, labels] of around) targets.set(target, labels);
  filling.records = records;
  emitter.leave = leave;
  return ways;
}
