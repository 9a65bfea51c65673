/** Timers in values of maps, which go off when the test lets time pass. */
import { specialSize } from "../btf/core.ts";
import type { Code } from "./_code.ts";
import type { Engine } from "./_engine.ts";
import { Fault, region } from "./_memory.ts";
import type { Natives } from "./_native.ts";
import { ERRNO } from "./_store.ts";
import type { VmMap } from "./map.ts";

/** A timer that was initialised. */
export interface Timer {
  readonly map: VmMap;
  /** The address. */
  readonly high: number;
  readonly low: number;
  /** The function to call, and the program it is of. */
  callback?: { readonly code: Code; readonly index: number };
  /** When it goes off, in ns; `undefined` where it was not started. */
  due: bigint | undefined;
}

/** `CLOCK_REALTIME`, `CLOCK_MONOTONIC`, `CLOCK_BOOTTIME`. */
const CLOCKS: ReadonlySet<bigint> = new Set([0n, 1n, 7n]);
const ABSOLUTE = 1n;
/** `BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN`. */
const START_FLAGS = 3n;
const EBUSY = 16;

function init(engine: Engine): number {
  const address = engine.get(1);
  engine.bytes(1, specialSize("bpf_timer"), true);
  if (!CLOCKS.has(engine.get(3))) return -ERRNO.EINVAL;
  if (engine.timers.has(address)) return -EBUSY;
  engine.timers.set(address, {
    map: engine.map(2),
    high: engine.high[1]!,
    low: engine.low[1]!,
    due: undefined,
  });
  return 0;
}

function setCallback(engine: Engine): number {
  const timer = engine.timers.get(engine.get(1));
  if (timer === undefined) return -ERRNO.EINVAL;
  if (engine.high[2] !== engine.codeHigh) throw new Fault("r2 does not point to a function");
  timer.callback = { code: engine.code, index: engine.low[2]! };
  return 0;
}

function start(engine: Engine): number {
  const timer = engine.timers.get(engine.get(1));
  const flags = engine.get(3);
  if (timer?.callback === undefined || (flags & ~START_FLAGS) !== 0n) return -ERRNO.EINVAL;
  timer.due = flags & ABSOLUTE ? engine.get(2) : engine.clock() + engine.get(2);
  return 0;
}

function cancel(engine: Engine): number {
  const timer = engine.timers.get(engine.get(1));
  if (timer === undefined) return -ERRNO.EINVAL;
  const was = timer.due !== undefined;
  timer.due = undefined;
  return Number(was);
}

/** The timer that goes off next, where that is not after a time. */
export function nextTimer(engine: Engine, until: bigint): Timer | undefined {
  let next: Timer | undefined;
  for (const timer of engine.timers.values()) {
    if (timer.due === undefined || timer.due > until) continue;
    if (next?.due === undefined || timer.due < next.due) next = timer;
  }
  return next;
}

/** Lets a timer go off: its function gets the map, the key and the value. */
export function fire(engine: Engine, { map, high, low, callback }: Timer): void {
  const { store } = map;
  const found = [...store.keys()].find((key) => {
    const at = store.find(new DataView(key.buffer), 0, engine.cpu);
    return at >= 0 && (low >>> 0) >= at && (low >>> 0) < at + map.valueSize;
  });
  if (found === undefined || callback === undefined) return; // the element is gone, and its timer with it
  const size = engine.memory.size;
  try {
    engine.low.fill(0);
    engine.high.fill(0);
    engine.high[1] = engine.place(map);
    engine.high[2] = engine.memory.add(region("a key", found, { writable: false }));
    engine.high[3] = high;
    engine.low[3] = store.find(new DataView(found.buffer), 0, engine.cpu);
    engine.start(callback.code, callback.index, 3);
  } finally {
    engine.shrink(size);
  }
}

/** The helpers of this file. */
export const TIMER_HELPERS: Natives = {
  bpf_timer_init: [3, init],
  bpf_timer_set_callback: [2, setCallback],
  bpf_timer_start: [3, start],
  bpf_timer_cancel: [1, cancel],
};
