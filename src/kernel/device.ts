/**
 * Network devices.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { directoryNames, interfaceIndex } from "../sys/mod.ts";
import { closest } from "../names.ts";

/**
 * The index of a network device in this process's network namespace.
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 */
export function deviceIndex(name: string): number {
  try {
    return interfaceIndex(name);
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    const hint = closest(name, deviceNames()) || ': "ip link" lists those there are';
    throw new NotFoundError(`Cannot find network device "${name}": there is none of that name${hint}`, {
      cause,
    });
  }
}

/** The name of the network device with an index; `undefined` where this network namespace has none, or sysfs is not mounted. */
export function deviceName(index: number): string | undefined {
  return deviceNames().find((name) => {
    try {
      return interfaceIndex(name) === index;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  });
}

/** The names of all devices; none where sysfs is not mounted. */
function deviceNames(): string[] {
  try {
    return directoryNames("/sys/class/net");
  } catch (error) {
    if (error instanceof SyscallError) return [];
    throw error;
  }
}
