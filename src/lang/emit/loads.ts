/**
 * Memory that is read: of the kernel, of the process, and of packets.
 *
 * @module
 */
import {
  add,
  arsh,
  call,
  ja,
  jeq,
  jle,
  ldx,
  lsh,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  type Register64,
  rsh,
  st,
  stx,
} from "../../asm/mod.ts";
import type { FieldPath } from "../ir/field_path.ts";
import type { Scalar } from "../ir/tree.ts";
import { DATA_AT } from "../ir/type.ts";
import type { Destination } from "./bytes.ts";
import type { Emitter } from "./emitter.ts";
import { extendSign, widthOf } from "./registers.ts";

type Load = Extract<Scalar, { kind: "load" }>;

/** The most that the offset of an instruction can be. */
const MOST_OFFSET = 0x7fff;

/** Loads from an address into r0. */
export function emitLoad(emitter: Emitter, value: Load): void {
  const { code } = emitter;
  const { address, offset, size, place, bits } = value;
  const { type } = address;
  const end = code.label();
  if (address.kind === "valueOf") {
    // What is not there is 0, and so are its members: nobody can forget to look
    const [missing, there] = [code.label(), code.label()];
    emitter.optional(address.of, missing);
    code.jump(ja(0), there);
    code.place(missing);
    code.add(mov(r0, 0));
    code.jump(ja(0), end);
    code.place(there);
  } else {
    emitter.scalar(address);
  }
  code.at(place);
  // The verifier knows what is there
  const isChecked = type.kind === "pointer" && (type.space === "packet" || type.space === "map");
  const isTrusted = type.kind === "pointer" && type.trusted;
  const access = emitter.access(place);
  // r0 is 0 then, as what is not there is
  if (isTrusted && !isChecked && access !== "direct") code.jump(jeq(r0, 0, 0), end);
  if ((isChecked || isTrusted && access !== "probe") && offset <= MOST_OFFSET) {
    code.add(ldx(widthOf(size), r0, [r0, offset]));
    code.field(value.field);
  } else {
    emitProbe(emitter, value);
  }
  if (bits) {
    const { signed } = value.type.kind === "int" ? value.type : { signed: false };
    code.add(lsh(r0, 64 - bits.shift - bits.width));
    code.add(signed ? arsh(r0, 64 - bits.width) : rsh(r0, 64 - bits.width));
  } else {
    extendSign(code, value.type);
  }
  code.place(end);
}

/** The helper that reads memory which an address is of. */
export function readerOf(
  type: Scalar["type"],
): "bpf_probe_read" | "bpf_probe_read_user" | "bpf_probe_read_kernel" {
  const space = type.kind === "pointer" ? type.space : "kernel";
  return space === "any"
    ? "bpf_probe_read"
    : space === "user"
    ? "bpf_probe_read_user"
    : "bpf_probe_read_kernel";
}

/**
 * Reads the r2 bytes at the address in r3, as far as they fit a place of `size` bytes behind their number, which is written first;
 * 0 where there is nothing.
 */
export function readBehindLength(
  { code }: Emitter,
  type: Scalar["type"],
  size: number,
  { base, offset }: Destination,
): void {
  const room = size - DATA_AT;
  const [fits, read] = [code.label(), code.label()];
  code.jump(jle(r2, room, 0), fits);
  code.add(mov(r2, room));
  code.place(fits);
  code.add(stx("u32", [base, offset], r2), mov(r1, base), add(r1, offset + DATA_AT), call(readerOf(type)));
  code.jump(jeq(r0, 0, 0), read);
  code.add(st("u32", [base, offset], 0));
  code.place(read);
}

/** Reads memory at the address in r0 that may not be there. */
function emitProbe(emitter: Emitter, { address: { type }, offset, size, place, field }: Load): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const slot = frame.allocate(8, place);
    code.add(mov(r3, r0));
    addOffset(emitter, r3, offset, field);
    code.add(mov(r2, size), mov(r1, r10), add(r1, slot));
    // Where there is nothing, the helper writes zeroes
    code.add(call(readerOf(type)));
    code.add(ldx(widthOf(size), r0, [r10, slot]));
  });
}

/** Adds the place of a field to an address; where the code is for other kernels, too, also where it is 0. */
export function addOffset(
  { code, relocatable }: Emitter,
  register: Register64,
  offset: number,
  field: FieldPath | undefined,
): void {
  if (offset === 0 && !(relocatable && field)) return;
  code.add(add(register, offset));
  code.field(field);
}
