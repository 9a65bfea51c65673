/**
 * Places where programs are attached, as the kernel is told of them.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { deviceIndex } from "../kernel/mod.ts";
import { type Descriptor, ERRNO, inodeNumber, objInfo, openFile } from "../sys/mod.ts";
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
