/** Helpers and kernel functions for dynamic pointers: 16 bytes that say where memory is and how long (`struct bpf_dynptr`). */
import type { Engine } from "./_engine.ts";
import { Fault, toAddress } from "./_memory.ts";
import type { Native, Natives } from "./_native.ts";
import { finishRecord, reserveRecord } from "./_help_events.ts";
import { ERRNO } from "./_store.ts";

/** The address, the length, and what it is of; the kernel has other things in other places, which programs cannot see. */
const ADDRESS = 0;
const LENGTH = 8;
const KIND = 12;
const DYNPTR_SIZE = 16;
/** `DYNPTR_MAX_SIZE`. */
const MAX_LENGTH = (1 << 24) - 1;

const NONE = 0;
const MEMORY = 1;
const RECORD = 2;
/** Of packets, which `bpf_dynptr_data()` gives no address in. */
const PACKET = 3;

/** A dynamic pointer on the stack. */
function dynptr(engine: Engine, register: number): DataView {
  const bytes = engine.bytes(register, DYNPTR_SIZE, true);
  return new DataView(bytes.buffer, bytes.byteOffset, DYNPTR_SIZE);
}

function set(view: DataView, address: bigint, length: number, kind: number): void {
  view.setBigUint64(ADDRESS, address, true);
  view.setUint32(LENGTH, length, true);
  view.setUint32(KIND, kind, true);
}

function clear(view: DataView): void {
  set(view, 0n, 0, NONE);
}

/** The bytes of a part of what a dynamic pointer points to; a negative error number where it does not have them. */
function part(engine: Engine, view: DataView, offset: number, length: number): Uint8Array | number {
  if (view.getUint32(KIND, true) === NONE) return -ERRNO.EINVAL;
  if (length > view.getUint32(LENGTH, true) || offset > view.getUint32(LENGTH, true) - length) {
    return -ERRNO.E2BIG;
  }
  const low = view.getInt32(ADDRESS, true) + offset;
  return engine.memory.locate(view.getInt32(ADDRESS + 4, true), low, length, false).bytes.subarray(
    low,
    low + length,
  );
}

function fromMemory(engine: Engine): number {
  const view = dynptr(engine, 4);
  const length = engine.low[2]! >>> 0;
  clear(view);
  if (length > MAX_LENGTH) return -ERRNO.E2BIG;
  if (engine.get(3) !== 0n) return -ERRNO.EINVAL;
  engine.bytes(1, length, true);
  set(view, engine.get(1), length, MEMORY);
  return 0;
}

function fromPacket(engine: Engine): number {
  const view = dynptr(engine, 3);
  const { packet } = engine.scene;
  clear(view);
  if (engine.get(2) !== 0n) return -ERRNO.EINVAL;
  if (packet === undefined) throw new Fault("asks for a packet, which this type of program has not");
  set(view, toAddress(packet.high, packet.data), packet.length, PACKET);
  return 0;
}

const read: Native = [5, (engine) => {
  const length = engine.low[2]! >>> 0;
  const into = engine.bytes(1, length, true);
  if (engine.get(5) !== 0n) return -ERRNO.EINVAL;
  const from = part(engine, dynptr(engine, 3), engine.low[4]! >>> 0, length);
  if (typeof from === "number") return from;
  into.set(from);
  return 0;
}];

const write: Native = [5, (engine) => {
  const length = engine.low[4]! >>> 0;
  const from = engine.bytes(3, length);
  if (engine.get(5) !== 0n) return -ERRNO.EINVAL;
  const into = part(engine, dynptr(engine, 1), engine.low[2]! >>> 0, length);
  if (typeof into === "number") return into;
  into.set(from);
  return 0;
}];

/** The address of a part, or 0. */
function address(engine: Engine, register: number, offset: number, length: number): bigint {
  const view = dynptr(engine, register);
  if (typeof part(engine, view, offset, length) === "number") return 0n;
  return view.getBigUint64(ADDRESS, true) + BigInt(offset);
}

const data: Native = [3, (engine) => {
  if (dynptr(engine, 1).getUint32(KIND, true) === PACKET) return 0;
  return address(engine, 1, engine.low[2]! >>> 0, engine.low[3]! >>> 0);
}];

/** Packets here are in one piece: nothing has to be copied into the buffer. */
const slice: Native = [4, (engine) => address(engine, 1, engine.low[2]! >>> 0, engine.low[4]! >>> 0)];

function adjust(engine: Engine): number {
  const view = dynptr(engine, 1);
  const [start, end] = [engine.low[2]! >>> 0, engine.low[3]! >>> 0];
  if (view.getUint32(KIND, true) === NONE || start > end) return -ERRNO.EINVAL;
  if (end > view.getUint32(LENGTH, true)) return -34; // ERANGE
  view.setBigUint64(ADDRESS, view.getBigUint64(ADDRESS, true) + BigInt(start), true);
  view.setUint32(LENGTH, end - start, true);
  return 0;
}

function reserve(engine: Engine): number {
  const view = dynptr(engine, 4);
  const length = engine.low[2]! >>> 0;
  clear(view);
  if (engine.get(3) !== 0n) return -ERRNO.EINVAL;
  if (length > MAX_LENGTH) return -ERRNO.E2BIG;
  const high = reserveRecord(engine, engine.map(1), length);
  if (high === undefined) return -ERRNO.EINVAL;
  set(view, toAddress(high, 0), length, RECORD);
  return 0;
}

function finish(keep: boolean): Native {
  return [2, (engine) => {
    const view = dynptr(engine, 1);
    // Where there was no room for the record, there is nothing to give back.
    if (view.getUint32(KIND, true) === RECORD) finishRecord(engine, view.getInt32(ADDRESS + 4, true), keep);
    clear(view);
    return 0;
  }];
}

/** The helpers of this file. */
export const DYNPTR_HELPERS: Natives = {
  bpf_dynptr_from_mem: [4, fromMemory],
  bpf_dynptr_from_skb: [3, fromPacket],
  bpf_dynptr_from_xdp: [3, fromPacket],
  bpf_dynptr_read: read,
  bpf_dynptr_write: write,
  bpf_dynptr_data: data,
  bpf_dynptr_slice: slice,
  bpf_dynptr_slice_rdwr: slice,
  bpf_dynptr_adjust: [3, adjust],
  bpf_dynptr_size: [1, (engine) => {
    const view = dynptr(engine, 1);
    return view.getUint32(KIND, true) === NONE ? -ERRNO.EINVAL : view.getUint32(LENGTH, true);
  }],
  bpf_dynptr_is_null: [1, (engine) => Number(dynptr(engine, 1).getUint32(KIND, true) === NONE)],
  bpf_dynptr_is_rdonly: [1, () => 0],
  bpf_ringbuf_reserve_dynptr: [4, reserve],
  bpf_ringbuf_submit_dynptr: finish(true),
  bpf_ringbuf_discard_dynptr: finish(false),
};
