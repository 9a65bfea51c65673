/**
 * Network namespaces.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, openFile } from "../sys/mod.ts";
import { closestFile } from "./_closest_file.ts";

/** A network namespace: this process's own, that of another by its id, or a file such as `/run/netns/blue`. */
export type Netns = "self" | number | string;

/** In messages. */
export function describeNetns(netns: Netns): string {
  if (netns === "self") return "this process's network namespace";
  return typeof netns === "number"
    ? `the network namespace of process ${netns}`
    : `network namespace "${netns}"`;
}

/**
 * Opens a network namespace.
 *
 * @throws {NotFoundError} There is no such namespace.
 */
export function openNetns(netns: Netns): Descriptor {
  // Each thread may be in one of its own
  const path = netns === "self" ? "/proc/thread-self/ns/net" : `/proc/${netns}/ns/net`;
  try {
    return openFile(typeof netns === "string" && netns !== "self" ? netns : path);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.ENOENT) throw cause;
    const state = typeof netns === "number"
      ? "there is no such process"
      : `there is no such file${closestFile(netns) || ': "ip netns" lists names'}`;
    throw new NotFoundError(`Cannot find ${describeNetns(netns)}: ${state}`, { cause });
  }
}
