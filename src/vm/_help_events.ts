/** Helpers that hand events and text to user space. */
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { Engine } from "./_engine.ts";
import { Fault, region } from "./_memory.ts";
import type { Native, Natives } from "./_native.ts";
import { printf } from "./_printf.ts";
import { RingStore } from "./_ring_store.ts";
import { ERRNO } from "./_store.ts";
import type { VmMap } from "./map.ts";

/** How far `bpf_perf_event_output()` has the number of packet bytes to append in its flags (`BPF_F_CTXLEN_MASK`). */
const CONTEXT_LENGTH_SHIFT = 32n;
const CONTEXT_LENGTH_MASK = 0xf_ffffn;
const INDEX_MASK = 0xffff_ffffn;
const CURRENT_CPU = 0xffff_ffffn;

/** `BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP`. */
const RING_FLAGS = 3n;

function ringOf(map: VmMap, type: number = BPF_MAP_TYPE.RINGBUF): RingStore {
  if (map.store instanceof RingStore && map.type === type) return map.store;
  const kind = type === BPF_MAP_TYPE.RINGBUF ? "ring buffer" : "array of perf events";
  throw new Fault(`writes records to map "${map.name}", which is no ${kind}`);
}

function output(engine: Engine): number {
  const ring = ringOf(engine.map(1));
  if ((engine.get(4) & ~RING_FLAGS) !== 0n) return -ERRNO.EINVAL;
  const size = Number(engine.get(3));
  const record = engine.bytes(2, size);
  if (!ring.reserve(size)) return -11; // EAGAIN
  ring.submit(new Uint8Array(record));
  return 0;
}

/** Reserves a record. Returns the upper half of its address; `undefined` where there is no room. */
export function reserveRecord(engine: Engine, map: VmMap, size: number): number | undefined {
  if (!ringOf(map).reserve(size)) return undefined;
  const bytes = new Uint8Array(size);
  const high = engine.memory.add(region(`a record of map "${map.name}"`, bytes));
  engine.reserved.set(high, { map, bytes });
  return high;
}

/** Submits or discards the record at an address. */
export function finishRecord(engine: Engine, high: number, keep: boolean): void {
  const record = engine.reserved.get(high);
  if (record === undefined) throw new Fault("r1 does not point to a record that was reserved");
  if (keep) ringOf(record.map).submit(record.bytes);
  engine.reserved.delete(high);
  engine.memory.remove(high, "a record that was given back");
}

function reserve(engine: Engine): undefined {
  const map = engine.map(1);
  engine.low[0] = engine.high[0] = 0;
  if (engine.get(3) === 0n) engine.high[0] = reserveRecord(engine, map, Number(engine.get(2))) ?? 0;
}

function finish(keep: boolean): Native {
  return [2, (engine) => {
    finishRecord(engine, engine.low[1] === 0 ? engine.high[1]! : 0, keep);
    return 0;
  }];
}

function perfOutput(engine: Engine): number {
  const map = engine.map(2);
  const flags = engine.get(3);
  const data = engine.bytes(4, Number(engine.get(5)));
  const index = (flags & INDEX_MASK) === CURRENT_CPU ? BigInt(engine.cpu) : flags & INDEX_MASK;
  const packetLength = Number((flags >> CONTEXT_LENGTH_SHIFT) & CONTEXT_LENGTH_MASK);
  if (flags >> (CONTEXT_LENGTH_SHIFT + 20n) !== 0n) return -ERRNO.EINVAL;
  if (packetLength > 0 && engine.kind === "none") return -ERRNO.EINVAL;
  if (map.maxEntries !== 0 && index >= BigInt(map.maxEntries)) return -ERRNO.E2BIG;
  const packet = packetLength === 0 ? new Uint8Array(0) : engine.scene.packet?.part(0, packetLength);
  if (packet === undefined) return -ERRNO.EFAULT;
  const record = new Uint8Array(data.length + packet.length);
  record.set(data);
  record.set(packet, data.length);
  ringOf(map, BPF_MAP_TYPE.PERF_EVENT_ARRAY).submit(record);
  return 0;
}

/** The text at an address up to a NUL, as Latin-1 so that no byte is lost. */
export function textAt(engine: Engine, address: bigint): string | undefined {
  const high = Number(BigInt.asIntN(32, address >> 32n));
  const low = Number(address & 0xffff_ffffn);
  if (!engine.memory.has(high, low, 1, false)) return undefined;
  const { bytes, end } = engine.memory.locate(high, low, 1, false);
  let text = "";
  for (let at = low; at < end && bytes[at] !== 0; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

function format(engine: Engine, formatRegister: number, size: number, args: readonly bigint[]): string {
  const bytes = engine.bytes(formatRegister, size);
  const length = bytes.indexOf(0);
  if (length < 0) throw new Fault("prints with a format that no NUL ends");
  const text = String.fromCharCode(...bytes.subarray(0, length));
  return decodeText(printf(text, args, {
    text: (address) => textAt(engine, address),
    bytes: (address, size) => {
      const [high, low] = [Number(BigInt.asIntN(32, address >> 32n)), Number(address & 0xffff_ffffn)];
      if (!engine.memory.has(high, low, size, false)) return undefined;
      return engine.memory.locate(high, low, size, false).bytes.slice(low, low + size);
    },
  }));
}

function decodeText(latin1: string): string {
  return new TextDecoder().decode(Uint8Array.from(latin1, (char) => char.charCodeAt(0)));
}

/** The values of an array of 64 bits each. */
function values(engine: Engine, register: number, size: number): bigint[] | undefined {
  if (size % 8 !== 0) return undefined;
  const bytes = engine.bytes(register, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: size / 8 }, (_, index) => view.getBigUint64(index * 8, true));
}

function print(engine: Engine, text: string): number {
  engine.printed.push(text.endsWith("\n") ? text.slice(0, -1) : text);
  return new TextEncoder().encode(text).length;
}

function snprintf(engine: Engine): number {
  const size = engine.low[2]! >>> 0;
  const args = values(engine, 4, engine.low[5]! >>> 0);
  if (args === undefined) return -ERRNO.EINVAL;
  const formatSize = (textAt(engine, engine.get(3)) ?? "").length + 1;
  const text = new TextEncoder().encode(format(engine, 3, formatSize, args));
  const into = engine.bytes(1, size, true);
  if (size > 0) {
    const kept = Math.min(text.length, size - 1);
    into.set(text.subarray(0, kept));
    into[kept] = 0;
  }
  return text.length + 1;
}

/** The helpers of this file. */
export const EVENT_HELPERS: Natives = {
  bpf_ringbuf_output: [4, output],
  bpf_ringbuf_reserve: [3, reserve],
  bpf_ringbuf_submit: finish(true),
  bpf_ringbuf_discard: finish(false),
  bpf_ringbuf_query: [2, (engine) => ringOf(engine.map(1)).query(Number(engine.get(2)))],
  bpf_perf_event_output: [5, perfOutput],
  bpf_trace_printk: [2, (engine) => {
    const args = [engine.get(3), engine.get(4), engine.get(5)];
    return print(engine, format(engine, 1, engine.low[2]! >>> 0, args));
  }],
  bpf_trace_vprintk: [4, (engine) => {
    const args = values(engine, 3, engine.low[4]! >>> 0);
    return args === undefined ? -ERRNO.EINVAL : print(engine, format(engine, 1, engine.low[2]! >>> 0, args));
  }],
  bpf_seq_printf: [5, (engine) => {
    const args = values(engine, 4, engine.low[5]! >>> 0);
    if (args === undefined) return -ERRNO.EINVAL;
    print(engine, format(engine, 2, engine.low[3]! >>> 0, args));
    return 0;
  }],
  bpf_seq_write: [3, (engine) => {
    print(engine, new TextDecoder().decode(engine.bytes(2, engine.low[3]! >>> 0)));
    return 0;
  }],
  bpf_snprintf: [5, snprintf],
};
