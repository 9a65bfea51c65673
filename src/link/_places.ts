/**
 * Places where programs are attached, as the kernel is told of them.
 *
 * @module
 */
import { NotFoundError, PermissionError, SyscallError } from "../errors.ts";
import { deviceIndex } from "../kernel/mod.ts";
import { type Descriptor, ERRNO, inodeNumber, objInfo, OPEN, openFile } from "../sys/mod.ts";
import { MAP_INFO } from "../uapi/mod.ts";
import { closestFile } from "./_closest_file.ts";
import { openNetns } from "./_netns.ts";
import type { LinkInfo } from "./info.ts";
import type { QueryTarget } from "./query.ts";

/** A place where programs are attached. */
export interface Place {
  readonly what: string;
  readonly fields: { readonly target_fd: number } | { readonly target_ifindex: number };
  readonly descriptor?: Descriptor;
  /** Whether a link is of this place; absent where the kernel tells the links itself. */
  readonly isLinkOf?: (link: LinkInfo) => boolean;
}

/** Opens what stands for a place; its descriptor is the caller's to close. */
export function placeOf(target: Exclude<QueryTarget, { readonly attachType: "xdp" }>): Place {
  if ("device" in target) {
    return { what: `device "${target.device}"`, fields: { target_ifindex: deviceIndex(target.device) } };
  }
  if ("map" in target) {
    const { descriptor } = target.map;
    const id = objInfo(descriptor, MAP_INFO, {}).get("id");
    return {
      what: descriptor.what,
      fields: { target_fd: descriptor.fd },
      isLinkOf: (link) => link.type === "sockmap" && link.mapId === id,
    };
  }
  if ("netns" in target) {
    const descriptor = openNetns(target.netns);
    const inode = Number(inodeNumber(`/proc/thread-self/fd/${descriptor.fd}`));
    return {
      what: descriptor.what,
      fields: { target_fd: descriptor.fd },
      descriptor,
      isLinkOf: (link) => link.type === "netns" && link.inode === inode,
    };
  }
  if ("lirc" in target) {
    const descriptor = openLirc(target.lirc, OPEN.READ);
    return { what: descriptor.what, fields: { target_fd: descriptor.fd }, descriptor };
  }
  const descriptor = openCgroup(target.cgroup);
  const id = inodeNumber(target.cgroup);
  return {
    what: `cgroup "${target.cgroup}"`,
    fields: { target_fd: descriptor.fd },
    descriptor,
    isLinkOf: (link) => link.type === "cgroup" && link.cgroupId === id,
  };
}

/** Opens the directory of a cgroup. */
export function openCgroup(path: string): Descriptor {
  try {
    return openFile(path);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.ENOENT) throw cause;
    throw new NotFoundError(`Cannot find cgroup "${path}": there is no such directory${closestFile(path)}`, {
      cause,
    });
  }
}

/** What `EINVAL` says of an infrared receiver (`rc_dev_get_from_fd`, `lirc_bpf_attach`). */
export const NO_RECEIVER =
  "it is no receiver of raw infrared signals, or the kernel is built without CONFIG_BPF_LIRC_MODE2";

/** Opens an infrared receiver. */
export function openLirc(path: string, flags: number): Descriptor {
  try {
    return openFile(path, flags);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const action = `Cannot open infrared receiver "${path}"`;
    if (cause.errno === ERRNO.ENOENT) {
      throw new NotFoundError(`${action}: there is no such file${closestFile(path)}`, { cause });
    }
    if (cause.errno === ERRNO.ENODEV || cause.errno === ERRNO.ENXIO) {
      throw new NotFoundError(`${action}: the device behind it is gone`, { cause });
    }
    if (cause.errno === ERRNO.EACCES || cause.errno === ERRNO.EPERM) {
      throw new PermissionError(`${action}: not permitted: its owner and group may, and root`, { cause });
    }
    throw cause;
  }
}
