/**
 * Numbers that are added up in maps.
 *
 * @module
 */
import {
  atomicAdd,
  ja,
  jeq,
  jne,
  jsge,
  jsle,
  ldx,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  stx,
} from "../../asm/mod.ts";
import type { Effect } from "../ir/tree.ts";
import { layOut, type RecordType, S64, U64 } from "../ir/type.ts";
import { zero } from "./bytes.ts";
import type { Label } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { callWithKey, emitLost, keyOnStack } from "./maps.ts";
import { addressOnStack, storeOnStack } from "./memory.ts";
import { isImmediate } from "./registers.ts";

/** `BPF_NOEXIST` of `include/uapi/linux/bpf.h`. */
const NOEXIST = 1;

/** What statistics are in a map. */
export const STATS: RecordType = layOut(["count", "sum", "min", "max"].map((name) => ({ name, type: S64 })));
/** Where in statistics what is, in bytes. */
const [COUNT, SUM, MIN, MAX] = [0, 8, 16, 24];

/**
 * Adds to the number that a map has for a key. Where it has none, it is set to the amount; where another CPU was faster, it is
 * looked up once more, so that nothing is lost but for want of room.
 */
export function emitAdd(emitter: Emitter, effect: Extract<Effect, { kind: "add" }>): void {
  const { map, key, amount, mayLack, place } = effect;
  const { code, frame } = emitter;
  frame.within(() => {
    const fixed = amount.kind === "constant" && isImmediate(amount.value) ? Number(amount.value) : undefined;
    const keyAt = keyOnStack(emitter, map, key);
    const amountAt = mayLack || fixed === undefined ? storeOnStack(emitter, amount, U64) : 0;
    code.at(place);
    const [found, end] = [code.label(), code.label()];
    callWithKey(code, "bpf_map_lookup_elem", map, keyAt);
    if (mayLack) {
      code.jump(jne(r0, 0, 0), found);
      emitInsert(emitter, map, keyAt, amountAt);
      code.jump(jeq(r0, 0, 0), end);
      emitLookAgain(emitter, effect, keyAt, { found, end });
    } else {
      code.jump(jeq(r0, 0, 0), end);
    }
    code.place(found);
    code.add(fixed === undefined ? ldx("u64", r1, [r10, amountAt]) : mov(r1, fixed));
    // Atomic on maps of a CPU each, too: an interrupt may count in between
    code.add(atomicAdd("u64", [r0, 0], r1));
    code.place(end);
  });
}

/** Adds a value to the statistics that a map has for a key; where it has none, they start with zeroes. */
export function emitMeasure(emitter: Emitter, effect: Extract<Effect, { kind: "measure" }>): void {
  const { map, key, value, mayLack, place } = effect;
  const { code, frame } = emitter;
  frame.within(() => {
    const valueAt = storeOnStack(emitter, value, S64);
    const keyAt = keyOnStack(emitter, map, key);
    code.at(place);
    const [found, end] = [code.label(), code.label()];
    callWithKey(code, "bpf_map_lookup_elem", map, keyAt);
    if (mayLack) {
      code.jump(jne(r0, 0, 0), found);
      const emptyAt = frame.allocate(STATS.size, place);
      zero(code, { base: r10, offset: emptyAt }, STATS.size);
      emitInsert(emitter, map, keyAt, emptyAt);
      emitLookAgain(emitter, effect, keyAt, { found, end });
    } else {
      code.jump(jeq(r0, 0, 0), end);
    }
    code.place(found);
    emitStatistics(emitter, valueAt);
    code.place(end);
  });
}

/** Adds the value on the stack to the statistics at r0. */
function emitStatistics({ code }: Emitter, valueAt: number): void {
  const [more, notLess, notMore] = [code.label(), code.label(), code.label()];
  code.add(ldx("u64", r1, [r10, valueAt]), ldx("u64", r2, [r0, COUNT]));
  code.jump(jne(r2, 0, 0), more);
  code.add(stx("u64", [r0, MIN], r1), stx("u64", [r0, MAX], r1));
  code.place(more);
  code.add(ldx("u64", r2, [r0, MIN]));
  code.jump(jsge(r1, r2, 0), notLess);
  code.add(stx("u64", [r0, MIN], r1));
  code.place(notLess);
  code.add(ldx("u64", r2, [r0, MAX]));
  code.jump(jsle(r1, r2, 0), notMore);
  code.add(stx("u64", [r0, MAX], r1));
  code.place(notMore);
  code.add(mov(r2, 1), atomicAdd("u64", [r0, COUNT], r2), atomicAdd("u64", [r0, SUM], r1));
}

/** Sets the value of a key that is not there. */
function emitInsert(emitter: Emitter, map: string, keyAt: number, valueAt: number): void {
  const { code } = emitter;
  addressOnStack(emitter, r3, valueAt);
  code.add(mov(r4, NOEXIST));
  callWithKey(code, "bpf_map_update_elem", map, keyAt);
}

/** After a key was set: where it still is not there, the map has no room. */
function emitLookAgain(
  emitter: Emitter,
  { map, place }: Extract<Effect, { kind: "add" | "measure" }>,
  keyAt: number,
  { found, end }: Readonly<Record<"found" | "end", Label>>,
): void {
  const { code } = emitter;
  callWithKey(code, "bpf_map_lookup_elem", map, keyAt);
  code.jump(jne(r0, 0, 0), found);
  emitLost(emitter, map, place);
  code.jump(ja(0), end);
}
