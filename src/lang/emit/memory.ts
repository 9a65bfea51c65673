/**
 * Values in memory: keys, values of maps, records.
 *
 * @module
 */
import { add, call, mov, r0, r1, r10, r2, r3, type Register64, st, stx } from "../../asm/mod.ts";
import type { Copy, Stored } from "../ir/tree.ts";
import { sizeOf, type StoredType } from "../ir/type.ts";
import { emitAddress } from "./addresses.ts";
import { type Destination, zero } from "./bytes.ts";
import { emitBlock, emitCapture } from "./captures.ts";
import type { Emitter } from "./emitter.ts";
import { isImmediate, widthOf } from "./registers.ts";
import { emitStack } from "./stacks.ts";
import { emitText } from "./texts.ts";
import { emitWords } from "./words.ts";

/**
 * Writes a value as a type says. All bytes are written, also those between fields and behind texts, where `clean` says so: keys
 * are compared by all of them.
 */
export function store(
  emitter: Emitter,
  value: Stored,
  type: StoredType,
  to: Destination,
  clean: boolean,
): void {
  const { code } = emitter;
  switch (value.kind) {
    case "fields": {
      const { fields } = value.type;
      if (clean && hasGaps(type)) zero(code, to, sizeOf(type));
      value.values.forEach((one, i) => {
        const field = fields[i];
        if (field) {
          store(
            emitter,
            one,
            field.type,
            { ...to, offset: to.offset + field.offset },
            clean && !hasGaps(type),
          );
        }
      });
      return;
    }
    case "textConstant":
    case "comm":
    case "written":
    case "string":
    case "textVariable":
    case "heldText":
    case "textAfter":
    case "textChoice":
      return emitText(emitter, value, to, sizeOf(type), clean);
    case "addressConstant":
    case "addressAt":
    case "addressInContext":
    case "addressVariable":
      return emitAddress(emitter, value, to);
    case "capture":
      if (clean) zero(code, to, sizeOf(type));
      return emitCapture(emitter, value, to);
    case "block":
      if (clean) zero(code, to, sizeOf(type));
      return emitBlock(emitter, value, to);
    case "stack":
      return emitStack(emitter, value, to);
    case "copy":
      return emitCopy(emitter, value, to);
    case "words":
      if (clean) zero(code, to, sizeOf(type));
      return emitWords(emitter, value, to);
    default: {
      const width = widthOf(type.kind === "int" ? type.size : 8);
      if (value.kind === "constant" && fits(value.value, sizeOf(type))) {
        code.at(value.place);
        code.add(st(width, [to.base, to.offset], Number(value.value)));
        return;
      }
      emitter.scalar(value);
      code.add(stx(width, [to.base, to.offset], r0));
    }
  }
}

/** Reads memory into a place; where there is nothing, zeroes. */
function emitCopy(emitter: Emitter, { address, type, place }: Copy, { base, offset }: Destination): void {
  const { code } = emitter;
  const user = address.type.kind === "pointer" && address.type.space === "user";
  emitter.scalar(address);
  code.at(place);
  code.add(mov(r3, r0), mov(r1, base), add(r1, offset), mov(r2, sizeOf(type)));
  code.add(call(user ? "bpf_probe_read_user" : "bpf_probe_read_kernel"));
}

function fits(value: bigint, size: number): boolean {
  return isImmediate(value) &&
    (size === 8 || BigInt.asIntN(size * 8, value) === value || BigInt.asUintN(size * 8, value) === value);
}

/** Whether bytes of it may stay unwritten: between fields, or behind a text. */
function hasGaps(type: StoredType): boolean {
  if (type.kind !== "record") return type.kind === "text" || type.kind === "words" || type.kind === "data";
  const covered = type.fields.reduce((sum, field) => sum + sizeOf(field.type), 0);
  return covered < type.size || type.fields.some(({ type }) => hasGaps(type));
}

/** Puts a value on the stack; its offset there. */
export function storeOnStack(emitter: Emitter, value: Stored, type: StoredType): number {
  const offset = emitter.frame.allocate(sizeOf(type), value.place);
  store(emitter, value, type, { base: r10, offset }, true);
  return offset;
}

/** Puts the address of a place on the stack into a register. */
export function addressOnStack({ code }: Emitter, register: Register64, offset: number): void {
  code.add(mov(register, r10), add(register, offset));
}
