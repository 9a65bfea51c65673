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
  ldMap,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  st,
} from "../../asm/mod.ts";
import type { Place } from "../ir/place.ts";
import type { Effect, Scalar, Stored } from "../ir/tree.ts";
import { U32, U64 } from "../ir/type.ts";
import type { Code } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { addressOnStack, storeOnStack } from "./memory.ts";

/** `BPF_ANY` and `BPF_F_LOCK` of `include/uapi/linux/bpf.h`. */
const ANY = 0;
const LOCK = 4;

/** Puts a key of a map on the stack; its offset there. */
export function keyOnStack(emitter: Emitter, map: string, key: Stored): number {
  return storeOnStack(emitter, key, key.kind === "fields" ? key.type : emitter.maps.get(map)?.key ?? U32);
}

/** Calls a helper with a map and the address of a key on the stack. */
export function callWithKey(code: Code, helper: HelperName, map: string, key: number): void {
  code.add(mov(r2, r10), add(r2, key), ldMap(r1, map), call(helper));
}

/** Computes the address of a map's value into r0; 0 where the key has none. */
export function emitLookup(emitter: Emitter, map: string, key: Stored): void {
  const { code } = emitter;
  emitter.frame.within(() => {
    const at = keyOnStack(emitter, map, key);
    callWithKey(code, "bpf_map_lookup_elem", map, at);
  });
}

/** Sets the value of a key. */
export function emitUpdate(emitter: Emitter, effect: Extract<Effect, { kind: "update" }>): void {
  const { map, key, value, mayLack, place } = effect;
  const { code, frame, maps } = emitter;
  const type = maps.get(map)?.value ?? U64;
  // Those who hold the lock of what is there already are waited for
  const flags = type.kind === "record" && type.lock !== undefined ? LOCK : ANY;
  frame.within(() => {
    const keyAt = keyOnStack(emitter, map, key);
    const valueAt = storeOnStack(emitter, value, type);
    code.at(place);
    addressOnStack(emitter, r3, valueAt);
    code.add(mov(r4, flags));
    callWithKey(code, "bpf_map_update_elem", map, keyAt);
    if (!mayLack) return;
    const end = code.label();
    code.jump(jeq(r0, 0, 0), end);
    emitLost(emitter, map, place);
    code.place(end);
  });
}

/** Puts a value into a queue or stack. */
export function emitPush(emitter: Emitter, { map, value, place }: Extract<Effect, { kind: "push" }>): void {
  const { code, frame, maps } = emitter;
  frame.within(() => {
    const at = storeOnStack(emitter, value, maps.get(map)?.value ?? U64);
    const end = code.label();
    code.at(place);
    addressOnStack(emitter, r2, at);
    code.add(ldMap(r1, map), mov(r3, ANY), call("bpf_map_push_elem"));
    code.jump(jeq(r0, 0, 0), end);
    emitLost(emitter, map, place);
    code.place(end);
  });
}

/** Removes a key; r0 is 1 where it was there, else 0. */
export function emitRemove(emitter: Emitter, { map, key, place }: Extract<Scalar, { kind: "remove" }>): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const at = keyOnStack(emitter, map, key);
    code.at(place);
    callWithKey(code, "bpf_map_delete_elem", map, at);
  });
  const end = code.label();
  code.add(mov(r1, r0), mov(r0, 1));
  code.jump(jeq(r1, 0, 0), end);
  code.add(mov(r0, 0));
  code.place(end);
}

/** The map that counts what found no room in another: its element 0. */
export function lostOf(map: string): string {
  return `${map}.lost`;
}

/** Counts that something found no room in a map. */
export function emitLost({ code, frame }: Emitter, map: string, place: Place): void {
  frame.within(() => {
    const at = frame.allocate(8, place);
    const end = code.label();
    // All 8 bytes, so that the verifier knows that nothing of before is needed, and follows loops
    code.add(st("u64", [r10, at], 0));
    callWithKey(code, "bpf_map_lookup_elem", lostOf(map), at);
    code.jump(jeq(r0, 0, 0), end);
    code.add(mov(r1, 1), atomicAdd("u64", [r0, 0], r1));
    code.place(end);
  });
}
