/**
 * Addresses that are too long for a register.
 *
 * @module
 */
import { add, call, ja, jne, ldx, mov, r0, r1, r10, r2, r3, stx } from "../../asm/mod.ts";
import type { Address, Condition, Effect } from "../ir/tree.ts";
import { IPV6 } from "../ir/type.ts";
import { type Destination, stepsOf, zero } from "./bytes.ts";
import type { Label } from "./code.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";
import { addOffset } from "./loads.ts";
import { widthOf } from "./registers.ts";
import { copyFromStack, emitBytes } from "./texts.ts";

type SetAddress = Extract<Effect, { kind: "setContextAddress" }>;

/** Writes an address: zeroes where what it is of is not there. */
export function emitAddress(emitter: Emitter, address: Address, to: Destination): void {
  const { code, homes } = emitter;
  const { size } = address.type;
  if (address.kind === "addressConstant") return emitBytes(emitter, address.bytes, to);
  if (address.kind === "addressVariable") {
    return copyFromStack(emitter, homes.of(address.variable, address.place).value, to, size);
  }
  if (address.kind === "addressInContext") {
    return copyWords(emitter, { base: CONTEXT, offset: address.offset }, to);
  }
  const { base, offset, place, field } = address;
  const space = base.type.kind === "pointer" ? base.type.space : "kernel";
  if (space === "packet" && base.kind === "valueOf") {
    const [missing, end] = [code.label(), code.label()];
    emitter.optional(base.of, missing);
    code.at(place);
    for (const { at, size: step } of stepsOf(to.offset, size)) {
      code.add(ldx(widthOf(step), r1, [r0, offset + at]), stx(widthOf(step), [to.base, to.offset + at], r1));
    }
    code.jump(ja(0), end);
    code.place(missing);
    zero(code, to, size);
    code.place(end);
    return;
  }
  emitter.scalar(base);
  code.at(place);
  code.add(mov(r3, r0));
  addOffset(emitter, r3, offset, field);
  code.add(mov(r1, to.base), add(r1, to.offset), mov(r2, size));
  // Where there is nothing, the helper writes zeroes
  code.add(call(space === "user" ? "bpf_probe_read_user" : "bpf_probe_read_kernel"));
}

/** Changes an address in the context. */
export function setAddress(emitter: Emitter, { offset, value, place }: SetAddress): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const from = addressOnStack(emitter, value);
    code.at(place);
    copyWords(emitter, { base: r10, offset: from }, { base: CONTEXT, offset });
  });
}

/** Copies an address of IPv6 as the kernel has programs do it in contexts: in 4 bytes each. */
function copyWords({ code }: Emitter, from: Destination, to: Destination): void {
  for (let at = 0; at < IPV6.size; at += 4) {
    code.add(ldx("u32", r0, [from.base, from.offset + at]), stx("u32", [to.base, to.offset + at], r0));
  }
}

/** Puts an address on the stack; its offset there. */
export function addressOnStack(emitter: Emitter, address: Address): number {
  const offset = emitter.frame.allocate(address.type.size, address.place);
  emitAddress(emitter, address, { base: r10, offset });
  return offset;
}

/** Goes on where two addresses are the same. */
export function jumpUnlessSameAddresses(
  emitter: Emitter,
  { left, right, place }: Extract<Condition, { kind: "sameAddresses" }>,
  label: Label,
): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const [a, b] = [addressOnStack(emitter, left), addressOnStack(emitter, right)];
    code.at(place);
    for (const { at, size } of stepsOf(0, left.type.size)) {
      code.add(ldx(widthOf(size), r0, [r10, a + at]), ldx(widthOf(size), r1, [r10, b + at]));
      code.jump(jne(r0, r1, 0), label);
    }
  });
}
