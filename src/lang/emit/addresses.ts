/**
 * Addresses that are too long for a register.
 *
 * @module
 */
import { add, call, ja, jne, ldx, mov, r0, r1, r10, r2, r3, stx } from "../../asm/mod.ts";
import type { Address, Condition } from "../ir/tree.ts";
import { type Destination, stepsOf, zero } from "./bytes.ts";
import type { Label } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { widthOf } from "./registers.ts";
import { copyFromStack, emitBytes } from "./texts.ts";

/** Writes an address: zeroes where what it is of is not there. */
export function emitAddress(emitter: Emitter, address: Address, to: Destination): void {
  const { code, homes } = emitter;
  const { size } = address.type;
  if (address.kind === "addressConstant") return emitBytes(emitter, address.bytes, to);
  if (address.kind === "addressVariable") {
    return copyFromStack(emitter, homes.get(address.variable)?.value ?? 0, to, size);
  }
  const { base, offset, place } = address;
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
  code.add(mov(r3, r0), add(r3, offset), mov(r1, to.base), add(r1, to.offset), mov(r2, size));
  // Where there is nothing, the helper writes zeroes
  code.add(call(space === "user" ? "bpf_probe_read_user" : "bpf_probe_read_kernel"));
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
