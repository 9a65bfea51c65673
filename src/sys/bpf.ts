/**
 * bpf(2): the way every command is called.
 *
 * @module
 */
import { native } from "../../ffi/mod.ts";
import { BPF_CMD, type Layout } from "../uapi/mod.ts";
import { Attr, type Fields } from "./attr.ts";
import { checked, retry } from "./call.ts";
import { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";

/** The name of a command: `MAP_CREATE`. */
export type BpfCommand = keyof typeof BPF_CMD;

/**
 * Runs a command with this struct. Returns its result, `-errno` where it failed.
 *
 * The verifier gives up with `EAGAIN` when a signal is pending (`bpf_check`), and test runs with `EINTR`.
 */
export function tryBpf<L extends Layout>(command: BpfCommand, attr: Attr<L>): number {
  const door = native();
  const result = retry(
    () => door.bpf(BPF_CMD[command], attr.address, attr.size),
    ERRNO.EINTR,
    ERRNO.EAGAIN,
  );
  attr.used();
  return result;
}

/**
 * Runs a command. `action` says what for, in messages: `create map "events"`.
 *
 * @throws {SyscallError} The kernel refuses.
 */
export function bpf<L extends Layout>(action: string, command: BpfCommand, attr: Attr<L>): number {
  return checked(tryBpf(command, attr), `bpf(${command})`, action);
}

/** Runs a command that returns a descriptor. `what` is the object: `map "events"`. */
export function bpfDescriptor<L extends Layout>(
  verb: string,
  what: string,
  command: BpfCommand,
  layout: L,
  fields: Fields<L>,
): Descriptor {
  return new Descriptor(bpf(`${verb} ${what}`, command, new Attr(layout, fields)), what);
}
