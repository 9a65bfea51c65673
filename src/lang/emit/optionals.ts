/**
 * What may be missing: what maps have for a key, and parts of packets.
 *
 * @module
 */
import { add, call, ja, jeq, jne, ldMap, ldx, mov, r0, r1, r10, r2, st, stx } from "../../asm/mod.ts";
import type { Effect, Optional, PacketPart, Variable } from "../ir/tree.ts";
import type { IntType, PointerType } from "../ir/type.ts";
import type { Label } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { emitLookup } from "./maps.ts";
import { emitPacketPart } from "./packets.ts";
import { extendSign, widthOf } from "./registers.ts";

/**
 * Computes the value into r0. Where there is none, jumps; without a label, r0 is 0 then: the check is always there, since the
 * verifier wants it.
 */
export function emitOptional(emitter: Emitter, optional: Optional, missing?: Label): void {
  const { code, homes } = emitter;
  code.at(optional.place);
  if (optional.kind === "optionalVariable") {
    const home = homes.of(optional.variable, optional.place);
    if (missing) {
      code.add(ldx("u64", r0, [r10, home.present]));
      code.jump(jeq(r0, 0, 0), missing);
    }
    code.add(ldx("u64", r0, [r10, home.value]));
    return;
  }
  if (optional.kind === "optionalAfter") {
    return emitter.frame.within(() => {
      for (const effect of optional.effects) emitter.effect(effect);
      emitOptional(emitter, optional.value, missing);
    });
  }
  if (optional.kind === "lookup") {
    const end = missing ?? code.label();
    emitLookup(emitter, optional.map, optional.key);
    code.jump(jeq(r0, 0, 0), end);
    loadValue(emitter, optional.type.of, optional.offset);
    if (!missing) code.place(end);
    return;
  }
  if (missing) return emitFound(emitter, optional, missing);
  const [none, end] = [code.label(), code.label()];
  emitFound(emitter, optional, none);
  code.jump(ja(0), end);
  code.place(none);
  code.add(mov(r0, 0));
  code.place(end);
}

type Found = PacketPart | Extract<Optional, { kind: "taken" }>;

/** Computes a value into r0 that is not 0 where it is missing. */
function emitFound(emitter: Emitter, optional: Found, missing: Label): void {
  if (optional.kind !== "taken") return emitPacketPart(emitter, optional, missing);
  const { code, frame } = emitter;
  const { map, helper, place, type: { of } } = optional;
  frame.within(() => {
    const at = frame.allocate(8, place);
    code.add(st("u64", [r10, at], 0), mov(r2, r10), add(r2, at), ldMap(r1, map), call(helper));
    code.jump(jne(r0, 0, 0), missing);
    code.add(mov(r0, r10), add(r0, at));
    loadValue(emitter, of);
  });
}

/** Changes a field of a record in a map. */
export function emitSetField(emitter: Emitter, effect: Extract<Effect, { kind: "setField" }>): void {
  const { of, offset, size, value, place } = effect;
  const { code, frame } = emitter;
  frame.within(() => {
    const at = frame.allocate(8, place);
    const missing = code.label();
    emitter.scalar(value);
    code.add(stx("u64", [r10, at], r0));
    emitOptional(emitter, of, missing);
    code.at(place);
    code.add(ldx("u64", r1, [r10, at]), stx(widthOf(size), [r0, offset], r1));
    code.place(missing);
  });
}

/** Computes into r0 what is 0 where the value is missing, and something else where it is there. */
export function emitPresence(emitter: Emitter, optional: Optional): void {
  const { code, homes } = emitter;
  code.at(optional.place);
  if (optional.kind === "lookup") return emitLookup(emitter, optional.map, optional.key);
  if (optional.kind === "optionalVariable") {
    code.add(ldx("u64", r0, [r10, homes.of(optional.variable, optional.place).present]));
    return;
  }
  if (optional.kind === "optionalAfter") {
    return emitter.frame.within(() => {
      for (const effect of optional.effects) emitter.effect(effect);
      emitPresence(emitter, optional.value);
    });
  }
  const [missing, end] = [code.label(), code.label()];
  emitFound(emitter, optional, missing);
  code.add(mov(r0, 1));
  code.jump(ja(0), end);
  code.place(missing);
  code.add(mov(r0, 0));
  code.place(end);
}

/** Keeps what the map has now in a variable. */
export function emitSetOptional(emitter: Emitter, variable: Variable, optional: Optional): void {
  const { code, homes } = emitter;
  const home = homes.find(variable, optional.place);
  if (!home) return;
  if (optional.kind === "optionalVariable" && optional.variable === variable) return;
  if (optional.kind === "optionalAfter") {
    return emitter.frame.within(() => {
      for (const effect of optional.effects) emitter.effect(effect);
      emitSetOptional(emitter, variable, optional.value);
    });
  }
  const end = code.label();
  code.add(st("u64", [r10, home.present], 0), st("u64", [r10, home.value], 0));
  emitOptional(emitter, optional, end);
  code.add(stx("u64", [r10, home.value], r0), st("u64", [r10, home.present], 1));
  code.place(end);
}

/** The value at an address in r0, or the address itself where it is a record that stays where it is. */
function loadValue(emitter: Emitter, type: IntType | PointerType, offset = 0): void {
  if (type.kind === "pointer" && type.space === "map") return;
  emitter.code.add(ldx(widthOf(type.kind === "pointer" ? 8 : type.size), r0, [r0, offset]));
  extendSign(emitter.code, type);
}
