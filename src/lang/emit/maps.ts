/**
 * Maps: found by name when the program is loaded.
 *
 * @module
 */
import {
  add,
  atomicAdd,
  call,
  type HelperName,
  jeq,
  jne,
  ldMap,
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
import type { Place } from "../ir/place.ts";
import type { Effect, Scalar, Stored } from "../ir/tree.ts";
import { type StoredType, U32, U64 } from "../ir/type.ts";
import type { Emitter } from "./emitter.ts";
import { addressOnStack, storeOnStack } from "./memory.ts";
import { isImmediate } from "./registers.ts";

/** `BPF_NOEXIST` of `include/uapi/linux/bpf.h`. */
const NOEXIST = 1;
const ANY = 0;

function keyType({ maps }: Emitter, map: string): StoredType {
  return maps.get(map)?.key ?? U32;
}

/** Calls a helper with a map and the address of a key on the stack. */
function callWithKey({ code }: Emitter, helper: HelperName, map: string, key: number): void {
  code.add(mov(r2, r10), add(r2, key), ldMap(r1, map), call(helper));
}

/** Computes the address of a map's value into r0; 0 where the key has none. */
export function emitLookup(emitter: Emitter, map: string, key: Stored): void {
  emitter.frame.within(() => {
    const at = storeOnStack(emitter, key, keyType(emitter, map));
    callWithKey(emitter, "bpf_map_lookup_elem", map, at);
  });
}

/** Sets the value of a key. */
export function emitUpdate(emitter: Emitter, effect: Extract<Effect, { kind: "update" }>): void {
  const { map, key, value, place } = effect;
  const { code, frame, maps } = emitter;
  frame.within(() => {
    const keyAt = storeOnStack(emitter, key, keyType(emitter, map));
    const valueAt = storeOnStack(emitter, value, maps.get(map)?.value ?? U64);
    code.at(place);
    addressOnStack(emitter, r3, valueAt);
    code.add(mov(r4, ANY));
    callWithKey(emitter, "bpf_map_update_elem", map, keyAt);
  });
}

/** Removes a key; r0 is 1 where it was there, else 0. */
export function emitRemove(emitter: Emitter, { map, key, place }: Extract<Scalar, { kind: "remove" }>): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const at = storeOnStack(emitter, key, keyType(emitter, map));
    code.at(place);
    callWithKey(emitter, "bpf_map_delete_elem", map, at);
  });
  const end = code.label();
  code.add(mov(r1, r0), mov(r0, 1));
  code.jump(jeq(r1, 0, 0), end);
  code.add(mov(r0, 0));
  code.place(end);
}

/**
 * Adds to the number that a map has for a key. Where it has none, it is set to the amount; where another CPU was faster, it is
 * looked up once more, so that nothing is lost.
 */
export function emitAdd(emitter: Emitter, effect: Extract<Effect, { kind: "add" }>): void {
  const { map, key, amount, mayLack, place } = effect;
  const { code, frame } = emitter;
  frame.within(() => {
    const fixed = amount.kind === "constant" && isImmediate(amount.value) ? Number(amount.value) : undefined;
    const amountAt = mayLack || fixed === undefined ? storeOnStack(emitter, amount, U64) : 0;
    const keyAt = storeOnStack(emitter, key, keyType(emitter, map));
    code.at(place);
    const [found, end] = [code.label(), code.label()];
    callWithKey(emitter, "bpf_map_lookup_elem", map, keyAt);
    if (mayLack) {
      code.jump(jne(r0, 0, 0), found);
      addressOnStack(emitter, r3, amountAt);
      code.add(mov(r4, NOEXIST));
      callWithKey(emitter, "bpf_map_update_elem", map, keyAt);
      code.jump(jeq(r0, 0, 0), end);
      callWithKey(emitter, "bpf_map_lookup_elem", map, keyAt);
    }
    code.jump(jeq(r0, 0, 0), end);
    code.place(found);
    code.add(fixed === undefined ? ldx("u64", r1, [r10, amountAt]) : mov(r1, fixed));
    // Atomic on maps of a CPU each, too: an interrupt may count in between
    code.add(atomicAdd("u64", [r0, 0], r1));
    code.place(end);
  });
}

/** Adds 1 to the element with the index that is in r0. */
export function emitCountAt(emitter: Emitter, map: string, place: Place): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const at = frame.allocate(8, place);
    const end = code.label();
    code.add(stx("u32", [r10, at], r0));
    callWithKey(emitter, "bpf_map_lookup_elem", map, at);
    code.jump(jeq(r0, 0, 0), end);
    code.add(mov(r1, 1), atomicAdd("u64", [r0, 0], r1));
    code.place(end);
  });
}
