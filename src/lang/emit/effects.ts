/**
 * What is done for its effect.
 *
 * @module
 */
import { call, ja, jeq, ldMap, ldx, mov, r0, r1, r10, r2, r3, r9, st, stx } from "../../asm/mod.ts";
import type { Place } from "../ir/place.ts";
import type { Effect, Optional, Text, Variable } from "../ir/tree.ts";
import { emitAddress, setAddress } from "./addresses.ts";
import { zero } from "./bytes.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";
import { emitAdd, emitMeasure } from "./aggregations.ts";
import type { Home } from "./homes.ts";
import { emitLocked } from "./locks.ts";
import { emitLost, emitPush, emitUpdate } from "./maps.ts";
import { addressOnStack, store, storeOnStack } from "./memory.ts";
import { emitSetField, emitSetOptional } from "./optionals.ts";
import { widthOf } from "./registers.ts";
import { emitText } from "./texts.ts";
import { emitStartTimer } from "./timers.ts";
import { emitWrite } from "./writes.ts";

/** Does something. */
export function emitEffect(emitter: Emitter, effect: Effect): void {
  const { code } = emitter;
  code.at(effect.place);
  switch (effect.kind) {
    case "do":
      return emitter.scalar(effect.value);
    case "set":
      return emitSet(emitter, effect);
    case "setContext":
      emitter.scalar(effect.value);
      code.at(effect.place);
      code.add(stx(widthOf(effect.size), [CONTEXT, effect.offset], r0));
      return;
    case "writeHeader":
      return emitWrite(emitter, effect);
    case "setContextAddress":
      return setAddress(emitter, effect);
    case "update":
      return emitUpdate(emitter, effect);
    case "push":
      return emitPush(emitter, effect);
    case "setField":
      return emitSetField(emitter, effect);
    case "add":
      return emitAdd(emitter, effect);
    case "measure":
      return emitMeasure(emitter, effect);
    case "emit":
      return emitEvent(emitter, effect);
    case "write":
      return emitRow(emitter, effect);
    case "locked":
      return emitLocked(emitter, effect);
    case "startTimer":
      return emitStartTimer(emitter, effect);
    case "effects":
      return emitter.frame.within(() => {
        for (const one of effect.effects) emitEffect(emitter, one);
      });
    case "declare":
      return emitDeclare(emitter, effect.variable, effect.place);
    case "change":
      return emitChange(emitter, effect);
    case "run": {
      const end = code.label();
      emitter.targets.set(effect.target, { end, next: end });
      emitter.statements(effect.body);
      code.place(end);
      return;
    }
    case "choose": {
      const [no, end] = [code.label(), code.label()];
      emitter.jumpUnless(effect.condition, no);
      emitEffect(emitter, effect.then);
      code.jump(ja(0), end);
      code.place(no);
      emitEffect(emitter, effect.otherwise);
      code.place(end);
    }
  }
}

/** Gives a variable its place. */
function allocate({ frame, homes }: Emitter, variable: Variable, place: Place): Home {
  const { type } = variable;
  const value = frame.allocate(
    type.kind === "text" || type.kind === "address" ? type.size : 8,
    place,
    variable.name,
  );
  const home = { value, present: type.kind === "optional" ? frame.allocate(8, place) : 0 };
  homes.set(variable, home);
  return home;
}

function emitDeclare(emitter: Emitter, variable: Variable, place: Place): void {
  const { code } = emitter;
  const { type } = variable;
  const { value, present } = allocate(emitter, variable, place);
  zero(code, { base: r10, offset: value }, type.kind === "text" ? type.size : 8);
  if (type.kind === "optional") code.add(st("u64", [r10, present], 0));
}

/** Gives a text, or what may be missing, another value. */
function emitChange(emitter: Emitter, { variable, value, place }: Extract<Effect, { kind: "change" }>): void {
  const { code, homes } = emitter;
  const home = homes.find(variable, place);
  if (!home) return;
  if (!value) code.add(st("u64", [r10, home.present], 0), st("u64", [r10, home.value], 0));
  else if (value.type.kind === "optional") emitSetOptional(emitter, variable, value as Optional);
  else if (variable.type.kind === "text") {
    emitText(emitter, value as Text, { base: r10, offset: home.value }, variable.type.size, true);
  }
}

/** Gives a variable its place and its value. */
function emitSet(emitter: Emitter, { variable, value, place }: Extract<Effect, { kind: "set" }>): void {
  const { code } = emitter;
  const { type } = variable;
  // It has a place already where it is given another value
  const at = (emitter.homes.find(variable, place) ?? allocate(emitter, variable, place)).value;
  switch (value.kind) {
    case "textConstant":
    case "comm":
    case "written":
    case "string":
    case "textVariable":
    case "heldText":
    case "textAfter":
    case "textChoice":
      return emitText(emitter, value, { base: r10, offset: at }, type.kind === "text" ? type.size : 8, true);
    case "addressConstant":
    case "addressAt":
    case "addressInContext":
    case "addressVariable":
      return emitAddress(emitter, value, { base: r10, offset: at });
    case "lookup":
    case "header":
    case "tag":
    case "payload":
    case "packetBytes":
    case "taken":
    case "optionalVariable":
    case "optionalAfter":
      return emitSetOptional(emitter, variable, value);
    default:
      emitter.scalar(value);
      code.add(stx("u64", [r10, at], r0));
  }
}

type Emit = Extract<Effect, { kind: "emit" }>;

/** Sends a record; where another is being filled, which is for a function that one of its fields calls, that one is kept meanwhile. */
function emitEvent(emitter: Emitter, event: Emit): void {
  const { code, frame, filling } = emitter;
  if (filling.records === 0) return fillRecord(emitter, event);
  frame.within(() => {
    const outer = frame.allocate(8, event.place);
    code.add(stx("u64", [r10, outer], r9));
    fillRecord(emitter, event);
    code.add(ldx("u64", r9, [r10, outer]));
  });
}

/** Fills a record in the ring itself, whose fields have no room on the stack to take. */
function fillRecord(emitter: Emitter, { map, tag, fields, place }: Emit): void {
  const { code, filling } = emitter;
  const [full, end] = [code.label(), code.label()];
  code.add(ldMap(r1, map), mov(r2, fields.type.size), mov(r3, 0), call("bpf_ringbuf_reserve"));
  code.jump(jeq(r0, 0, 0), full);
  code.add(mov(r9, r0), st("u32", [r9, 0], tag));
  filling.records++;
  store(emitter, fields, fields.type, { base: r9, offset: 0 }, false);
  filling.records--;
  code.at(place);
  code.add(mov(r1, r9), mov(r2, 0), call("bpf_ringbuf_submit"));
  code.jump(ja(0), end);
  code.place(full);
  emitLost(emitter, map, place);
  code.place(end);
}

/** Makes a record on the stack and appends it to `meta->seq`, the first of what iterators are called with. */
function emitRow(emitter: Emitter, { tag, fields, place }: Extract<Effect, { kind: "write" }>): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const at = storeOnStack(emitter, fields, fields.type);
    code.at(place);
    code.add(st("u32", [r10, at], tag), ldx("u64", r1, [CONTEXT, 0]), ldx("u64", r1, [r1, 0]));
    addressOnStack(emitter, r2, at);
    code.add(mov(r3, fields.type.size), call("bpf_seq_write"));
  });
}
