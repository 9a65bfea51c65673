/**
 * What may be missing: what maps have for a key, and parts of packets.
 *
 * @module
 */
import { ja, jeq, ldx, mov, r0, r10, st, stx } from "../../asm/mod.ts";
import type { Optional, PacketPart, Variable } from "../ir/tree.ts";
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
    const home = homes.get(optional.variable);
    if (missing) {
      code.add(ldx("u64", r0, [r10, home?.present ?? 0]));
      code.jump(jeq(r0, 0, 0), missing);
    }
    code.add(ldx("u64", r0, [r10, home?.value ?? 0]));
    return;
  }
  if (optional.kind === "optionalAfter") {
    return emitter.frame.within(() => {
      for (const effect of optional.effects) emitter.effect(effect);
      emitOptional(emitter, optional.value, missing);
    });
  }
  if (optional.kind !== "lookup") return emitPartOr0(emitter, optional, missing);
  const end = missing ?? code.label();
  emitLookup(emitter, optional.map, optional.key);
  code.jump(jeq(r0, 0, 0), end);
  loadValue(emitter, optional.type.of, optional.offset);
  if (!missing) code.place(end);
}

function emitPartOr0(emitter: Emitter, part: PacketPart, missing: Label | undefined): void {
  if (missing) return emitPacketPart(emitter, part, missing);
  const { code } = emitter;
  const [none, end] = [code.label(), code.label()];
  emitPacketPart(emitter, part, none);
  code.jump(ja(0), end);
  code.place(none);
  code.add(mov(r0, 0));
  code.place(end);
}

/** Computes into r0 what is 0 where the value is missing, and something else where it is there. */
export function emitPresence(emitter: Emitter, optional: Optional): void {
  const { code, homes } = emitter;
  code.at(optional.place);
  if (optional.kind === "lookup") return emitLookup(emitter, optional.map, optional.key);
  if (optional.kind === "optionalVariable") {
    code.add(ldx("u64", r0, [r10, homes.get(optional.variable)?.present ?? 0]));
    return;
  }
  if (optional.kind === "optionalAfter") {
    return emitter.frame.within(() => {
      for (const effect of optional.effects) emitter.effect(effect);
      emitPresence(emitter, optional.value);
    });
  }
  const [missing, end] = [code.label(), code.label()];
  emitPacketPart(emitter, optional, missing);
  code.add(mov(r0, 1));
  code.jump(ja(0), end);
  code.place(missing);
  code.add(mov(r0, 0));
  code.place(end);
}

/** Keeps what the map has now in a variable. */
export function emitSetOptional(emitter: Emitter, variable: Variable, optional: Optional): void {
  const { code, homes } = emitter;
  const home = homes.get(variable);
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
  if (optional.kind !== "lookup") {
    emitOptional(emitter, optional, end);
  } else {
    emitLookup(emitter, optional.map, optional.key);
    code.jump(jeq(r0, 0, 0), end);
    loadValue(emitter, optional.type.of, optional.offset);
  }
  code.add(stx("u64", [r10, home.value], r0), st("u64", [r10, home.present], 1));
  code.place(end);
}

function loadValue(emitter: Emitter, type: IntType | PointerType, offset = 0): void {
  emitter.code.add(ldx(widthOf(type.kind === "pointer" ? 8 : type.size), r0, [r0, offset]));
  extendSign(emitter.code, type);
}
