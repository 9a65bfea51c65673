/**
 * Text: written where it is wanted, and compared there.
 *
 * @module
 */
import {
  add,
  call,
  ja,
  jeq,
  jne,
  ldImm64,
  ldx,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  r5,
  type Register64,
  st,
  stx,
} from "../../asm/mod.ts";
import { LITTLE_ENDIAN } from "../../codec/mod.ts";
import type { Condition, Text } from "../ir/tree.ts";
import { type Destination, stepsBetween, stepsOf, zero } from "./bytes.ts";
import type { Label } from "./code.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";
import { readerOf } from "./loads.ts";
import { isImmediate, widthOf } from "./registers.ts";

/** `TASK_COMM_LEN`. */
const COMM_SIZE = 16;

/** Writes a text into a place of `size` bytes, with at least one NUL at its end; with `clean`, all bytes of the place. */
export function emitText(emitter: Emitter, text: Text, to: Destination, size: number, clean: boolean): void {
  const { code, homes } = emitter;
  const { base, offset } = to;
  switch (text.kind) {
    case "textConstant":
      return emitBytes(emitter, padded(text.text, clean ? size : Math.min(size, text.type.size)), to);
    case "comm":
      // Older kernels, such as 6.1, leave what is behind the text as it was (bpf_get_current_comm)
      if (clean) zero(code, to, size);
      code.at(text.place);
      code.add(mov(r1, base), add(r1, offset), mov(r2, COMM_SIZE), call("bpf_get_current_comm"));
      return;
    case "written": {
      zero(code, to, size); // where it has nothing to say, a helper may write nothing
      code.at(text.place);
      code.add(mov(r1, CONTEXT), mov(r2, base), add(r2, offset), mov(r3, Math.min(size, text.type.size)));
      code.add(...text.more.map((value, i) => mov([r4, r5][i] ?? r5, value)), call(text.helper));
      return;
    }
    case "string": {
      if (clean) zero(code, to, size);
      emitter.scalar(text.address);
      code.at(text.place);
      code.add(mov(r3, r0), mov(r1, base), add(r1, offset), mov(r2, Math.min(size, text.type.size)));
      // Where there is nothing, the helper writes zeroes
      code.add(call(`${readerOf(text.address.type)}_str`));
      return;
    }
    case "textAfter":
      return emitter.frame.within(() => {
        for (const effect of text.effects) emitter.effect(effect);
        emitText(emitter, text.value, to, size, clean);
      });
    case "textVariable": {
      const from = homes.of(text.variable, text.place).value;
      copyText(emitter, text.type.size, { base: r10, offset: from }, to, size, clean);
      return;
    }
    case "heldText":
      return emitHeldText(emitter, text, to, size, clean);
    case "textChoice": {
      const [no, end] = [code.label(), code.label()];
      emitter.jumpUnless(text.condition, no);
      emitText(emitter, text.then, to, size, clean);
      code.jump(ja(0), end);
      code.place(no);
      emitText(emitter, text.otherwise, to, size, clean);
      code.place(end);
    }
  }
}

/** Copies what is on the stack. */
export function copyFromStack(
  { code }: Emitter,
  from: number,
  { base, offset }: Destination,
  size: number,
): void {
  // The verifier wants what is on the stack aligned as well
  const apart = (offset - from) & 7;
  const most = apart === 0 ? 8 : apart & -apart;
  for (const { at, size: step } of stepsOf(offset, size, most)) {
    code.add(ldx(widthOf(step), r0, [r10, from + at]), stx(widthOf(step), [base, offset + at], r0));
  }
}

/** Copies what a map has; without it, the text is empty. */
function emitHeldText(
  emitter: Emitter,
  { map, key, offset: from, type, place }: Extract<Text, { kind: "heldText" }>,
  { base, offset }: Destination,
  size: number,
  clean: boolean,
): void {
  const { code } = emitter;
  const [missing, end] = [code.label(), code.label()];
  emitter.lookup(map, key);
  code.at(place);
  code.jump(jeq(r0, 0, 0), missing);
  copyText(emitter, type.size, { base: r0, offset: from }, { base, offset }, size, clean);
  code.jump(ja(0), end);
  code.place(missing);
  zero(code, { base, offset }, clean ? size : Math.min(type.size, size));
  code.place(end);
}

/** Copies a text of so many bytes into a place that may be shorter, or longer. */
function copyText(
  { code }: Emitter,
  length: number,
  from: { readonly base: Register64; readonly offset: number },
  { base, offset }: Destination,
  size: number,
  clean: boolean,
): void {
  const common = Math.min(length, size);
  for (const { at, size: step } of stepsBetween(from.offset, offset, common)) {
    const width = widthOf(step);
    code.add(ldx(width, r1, [from.base, from.offset + at]), stx(width, [base, offset + at], r1));
  }
  if (length > size) code.add(st("u8", [base, offset + size - 1], 0));
  else if (clean && size > length) zero(code, { base, offset: offset + length }, size - length);
}

function padded(text: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(text).subarray(0, size - 1));
  return bytes;
}

/** Writes bytes that are known. */
export function emitBytes({ code }: Emitter, bytes: Uint8Array, { base, offset }: Destination): void {
  for (const { at, size: step } of stepsOf(offset, bytes.length)) {
    const value = wordAt(bytes, at, step);
    const to = [base, offset + at] as const;
    const short = BigInt.asIntN(step * 8, value);
    if (isImmediate(short)) code.add(st(widthOf(step), to, Number(short)));
    else code.add(ldImm64(r0, value), stx(widthOf(step), to, r0));
  }
}

/** The number that so many bytes are on this machine. */
function wordAt(bytes: Uint8Array, at: number, size: number): bigint {
  const word = [...bytes.subarray(at, at + size)];
  if (LITTLE_ENDIAN) word.reverse();
  return word.reduce((value, byte) => value << 8n | BigInt(byte), 0n);
}

/** Compares a text with a constant, by 8 bytes at a time, its NUL included. */
export function jumpUnlessSameText(
  emitter: Emitter,
  { of, text, place, prefix }: Extract<Condition, { kind: "sameText" }>,
  label: Label,
): void {
  const { code, frame } = emitter;
  const wanted = new TextEncoder().encode(text);
  frame.within(() => {
    // One byte more than is compared, so that a text that is cut differs
    const size = of.kind === "string" ? Math.min(of.type.size, wanted.length + 2) : of.type.size;
    const at = textOnStack(emitter, of, size, false);
    code.at(place);
    const compared = Math.min(wanted.length + 1, prefix ?? Infinity);
    if (compared > size) {
      code.jump(ja(0), label); // longer than the text can be
      return;
    }
    const bytes = new Uint8Array(compared);
    bytes.set(wanted.subarray(0, compared));
    for (const { at: from, size: step } of stepsOf(0, bytes.length)) {
      const value = wordAt(bytes, from, step);
      code.add(ldx(widthOf(step), r0, [r10, at + from]));
      if (isImmediate(value)) {
        code.jump(jne(r0, Number(value), 0), label);
      } else {
        code.add(ldImm64(r1, value));
        code.jump(jne(r0, r1, 0), label);
      }
    }
  });
}

/** Compares two texts by all bytes of their places, which are zeroes behind the texts. */
export function jumpUnlessSameTexts(
  emitter: Emitter,
  { left, right, place, prefix = Infinity }: Extract<Condition, { kind: "sameTexts" }>,
  label: Label,
): void {
  const { code, frame } = emitter;
  const [long, short] = left.type.size >= right.type.size ? [left, right] : [right, left];
  frame.within(() => {
    const [longAt, shortAt] = [long, short].map((text) => textOnStack(emitter, text, text.type.size, true));
    code.at(place);
    for (const { at, size } of stepsOf(0, Math.min(short.type.size, prefix))) {
      code.add(
        ldx(widthOf(size), r0, [r10, (longAt ?? 0) + at]),
        ldx(widthOf(size), r1, [r10, (shortAt ?? 0) + at]),
      );
      code.jump(jne(r0, r1, 0), label);
    }
    // Where the short place ends, the text in the long one has to have ended
    if (long.type.size > short.type.size && prefix > short.type.size) {
      code.add(ldx("u8", r0, [r10, (longAt ?? 0) + short.type.size]));
      code.jump(jne(r0, 0, 0), label);
    }
  });
}

/** Where a text is on the stack, put there unless it is there already. */
function textOnStack(emitter: Emitter, text: Text, size: number, clean: boolean): number {
  const known = text.kind === "textVariable"
    ? emitter.homes.find(text.variable, text.place)?.value
    : undefined;
  if (known !== undefined) return known;
  const offset = emitter.frame.allocate(size, text.place);
  emitText(emitter, text, { base: r10, offset }, size, clean);
  return offset;
}
