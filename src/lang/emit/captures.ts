/**
 * Parts of packets and of memory in events.
 *
 * @module
 */
import {
  add,
  call,
  jeq,
  jge,
  jle,
  jlt,
  ldx,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  st,
  stx,
  sub,
} from "../../asm/mod.ts";
import { PACKETS, SK_BUFF } from "../ir/packet.ts";
import type { Block, Capture } from "../ir/tree.ts";
import { DATA_AT } from "../ir/type.ts";
import type { Destination } from "./bytes.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";
import { readBehindLength } from "./loads.ts";
import { packetOf } from "./packets.ts";

/** Writes how many bytes there are from an offset on, as far as there is room for them, and then these. */
export function emitCapture(emitter: Emitter, { from, type, place }: Capture, to: Destination): void {
  const { code, frame } = emitter;
  const { isBuffer } = PACKETS[packetOf(emitter).kind];
  const { base, offset } = to;
  const room = type.size - DATA_AT;
  frame.within(() => {
    const [fits, end] = [code.label(), code.label()];
    const slot = frame.allocate(8, place);
    emitter.scalar(from);
    code.at(place);
    code.add(stx("u64", [r10, slot], r0), st("u32", [base, offset], 0));
    if (isBuffer) code.add(ldx("u32", r0, [CONTEXT, SK_BUFF.length]));
    else code.add(mov(r1, CONTEXT), call("bpf_xdp_get_buff_len"));
    code.add(ldx("u64", r2, [r10, slot]));
    code.jump(jge(r2, r0, 0), end);
    code.add(mov(r4, r0), sub(r4, r2));
    code.jump(jle(r4, room, 0), fits);
    code.add(mov(r4, room));
    code.place(fits);
    code.jump(jlt(r4, 1, 0), end); // it never is, which the verifier does not know
    code.add(stx("u32", [base, offset], r4), mov(r1, CONTEXT), mov(r3, base), add(r3, offset + DATA_AT));
    code.add(call(isBuffer ? "bpf_skb_load_bytes" : "bpf_xdp_load_bytes"));
    code.jump(jeq(r0, 0, 0), end);
    code.add(st("u32", [base, offset], 0));
    code.place(end);
  });
}

/** Writes how many bytes are asked for, as far as there is room for them, and then what is at the address. */
export function emitBlock(emitter: Emitter, { address, length, type, place }: Block, to: Destination): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const slot = frame.allocate(8, place);
    emitter.scalar(length);
    code.add(stx("u64", [r10, slot], r0));
    emitter.scalar(address);
    code.at(place);
    code.add(mov(r3, r0), ldx("u64", r2, [r10, slot]));
    readBehindLength(emitter, address.type, type.size, to);
  });
}
