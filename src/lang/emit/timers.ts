/**
 * Timers, which are the values of maps (`struct bpf_timer`).
 *
 * @module
 */
import {
  add,
  call,
  exit,
  ja,
  jeq,
  jne,
  jsle,
  ldFunction,
  ldMap,
  ldx,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  st,
  stx,
} from "../../asm/mod.ts";
import { specialSize } from "../../btf/core.ts";
import type { Effect, Scalar } from "../ir/tree.ts";
import { zero } from "./bytes.ts";
import type { Emitter } from "./emitter.ts";
import { callWithKey, emitLost, keyOnStack } from "./maps.ts";

/** `BPF_NOEXIST` of `include/uapi/linux/bpf.h`. */
const NOEXIST = 1;
const CLOCK_MONOTONIC = 1;

/** Starts the timer of a key, or starts it anew. */
export function emitStartTimer(emitter: Emitter, effect: Extract<Effect, { kind: "startTimer" }>): void {
  const { map, key, delay, place } = effect;
  const { code, frame } = emitter;
  const run = emitRun(emitter, effect);
  frame.within(() => {
    const [delayAt, timerAt] = [frame.allocate(8, place), frame.allocate(8, place)];
    emitter.scalar(delay);
    code.add(stx("u64", [r10, delayAt], r0));
    const keyAt = keyOnStack(emitter, map, key);
    code.at(place);
    const [found, none, end] = [code.label(), code.label(), code.label()];
    callWithKey(code, "bpf_map_lookup_elem", map, keyAt);
    code.jump(jne(r0, 0, 0), found);
    frame.within(() => {
      const size = specialSize("bpf_timer");
      const at = frame.allocate(size, place);
      zero(code, { base: r10, offset: at }, size);
      code.add(mov(r3, r10), add(r3, at), mov(r4, NOEXIST));
      callWithKey(code, "bpf_map_update_elem", map, keyAt);
    });
    callWithKey(code, "bpf_map_lookup_elem", map, keyAt);
    code.jump(jeq(r0, 0, 0), none);
    code.place(found);
    code.add(stx("u64", [r10, timerAt], r0));
    // Refused where it is initialised already
    code.add(mov(r1, r0), ldMap(r2, map), mov(r3, CLOCK_MONOTONIC), call("bpf_timer_init"));
    code.add(ldx("u64", r1, [r10, timerAt]), ldFunction(r2, run), call("bpf_timer_set_callback"));
    code.add(ldx("u64", r1, [r10, timerAt]), ldx("u64", r2, [r10, delayAt]), mov(r3, 0));
    code.add(call("bpf_timer_start"));
    code.jump(ja(0), end);
    code.place(none);
    emitLost(emitter, map, place);
    code.place(end);
  });
}

/** The function that the kernel calls with the map, the key and the timer when the timer goes off. Returns its name. */
function emitRun(
  emitter: Emitter,
  { run: { address, effects, again, end: remove }, place }: Extract<Effect, { kind: "startTimer" }>,
): string {
  return emitter.later(place, (inner) => {
    const { code, frame, homes } = inner;
    const [keyAt, timerAt] = [frame.allocate(8, place), frame.allocate(8, place)];
    homes.set(address, { value: keyAt, present: 0 });
    code.add(stx("u64", [r10, keyAt], r2), stx("u64", [r10, timerAt], r3));
    for (const effect of effects) inner.effect(effect);
    const [over, end] = [code.label(), code.label()];
    if (again) {
      inner.scalar(again);
      code.at(place);
      code.jump(jsle(r0, 0, 0), over);
      code.add(mov(r2, r0), ldx("u64", r1, [r10, timerAt]), mov(r3, 0), call("bpf_timer_start"));
      code.jump(ja(0), end);
      code.place(over);
    }
    inner.effect(remove);
    code.place(end);
    code.at(place);
    code.add(mov(r0, 0), exit());
  });
}

/** Stops the timer of a key and removes it; r0 is 1 where it was to go off, else 0. */
export function emitCancelTimer(
  emitter: Emitter,
  { map, key, place }: Extract<Scalar, { kind: "cancelTimer" }>,
): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const resultAt = frame.allocate(8, place);
    const keyAt = keyOnStack(emitter, map, key);
    code.at(place);
    const end = code.label();
    code.add(st("u64", [r10, resultAt], 0));
    callWithKey(code, "bpf_map_lookup_elem", map, keyAt);
    code.jump(jeq(r0, 0, 0), end);
    code.add(mov(r1, r0), call("bpf_timer_cancel"));
    const idle = code.label();
    code.jump(jne(r0, 1, 0), idle); // also where it goes off right now
    code.add(st("u64", [r10, resultAt], 1));
    code.place(idle);
    callWithKey(code, "bpf_map_delete_elem", map, keyAt);
    code.place(end);
    code.add(ldx("u64", r0, [r10, resultAt]));
  });
}
