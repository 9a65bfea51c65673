/**
 * poll(2): descriptors that the thread waits for, doing nothing else.
 *
 * @module
 */
import { addressOf, allocate, keepAlive, native, systemCalls } from "../../ffi/mod.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { checked } from "./call.ts";
import { ERRNO } from "./errno.ts";

/** Bits of `struct pollfd.events` and `revents`. */
export const POLL = { IN: 1, OUT: 4, ERR: 8, HUP: 0x10 } as const;

const ENTRY_SIZE = 8; // struct pollfd: fd, events, revents
const NS_PER_MS = 1e6;
const MS_PER_S = 1e3;

/**
 * Waits for `events` of any of the descriptors, for `timeout` ms at most. Returns the bits of all that there are; 0 where a
 * signal came first, or the time was over.
 */
export function poll(fds: readonly number[], events: number, timeout: number): number {
  const entries = allocate(ENTRY_SIZE * fds.length);
  const view = new DataView(entries.buffer);
  fds.forEach((fd, i) => {
    view.setInt32(ENTRY_SIZE * i, fd, LITTLE_ENDIAN);
    view.setInt16(ENTRY_SIZE * i + 4, events, LITTLE_ENDIAN);
  });
  const time = timespec(timeout);
  const { arch, syscall } = native();
  const { ppoll } = systemCalls(arch);
  const result = syscall(ppoll, addressOf(entries), fds.length, time ? addressOf(time) : 0n, 0n, 8n);
  keepAlive(entries, time);
  if (result === -ERRNO.EINTR) return 0;
  checked(result, "ppoll", `wait for descriptor ${fds}`);
  return fds.reduce((bits, _, i) => bits | view.getInt16(ENTRY_SIZE * i + 6, LITTLE_ENDIAN), 0);
}

/** `struct timespec`; `undefined` for ever. */
function timespec(ms: number): Uint8Array<ArrayBuffer> | undefined {
  if (ms === Infinity) return undefined;
  const bytes = allocate(16);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(Math.floor(ms / MS_PER_S)), LITTLE_ENDIAN);
  view.setBigInt64(8, BigInt(Math.floor(ms % MS_PER_S * NS_PER_MS)), LITTLE_ENDIAN);
  return bytes;
}
