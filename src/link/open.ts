/**
 * Links that exist already.
 *
 * @module
 */
import { listObjects, openObject } from "../kernel/mod.ts";
import { Descriptor, objInfo } from "../sys/mod.ts";
import { BPF_LINK_TYPE, LINK_INFO } from "../uapi/mod.ts";
import { type LinkInfo, readLinkInfo } from "./info.ts";
import { IteratorLink } from "./iterator.ts";
import { Link } from "./link.ts";

/** Where a link is found. */
export type LinkSource =
  /** By the number that the kernel gave it. Needs `CAP_SYS_ADMIN`. Since Linux 5.8. */
  | { readonly id: number }
  /** By its name in a BPF file system. */
  | { readonly pin: string }
  /** By a descriptor of this process, which stays the caller's. */
  | { readonly fd: number };

/**
 * Opens a link, to be described, updated, pinned or detached. It lives for as long as a descriptor or pin does.
 *
 * @example What another process attached
 * ```ts ignore
 * import { openLink } from "@waggle/ebpf";
 *
 * using link = openLink({ pin: "/sys/fs/bpf/my_tool/probe" });
 * console.log(link.info);
 * ```
 *
 * @returns An {@linkcode IteratorLink} where it is one.
 *
 * @throws {NotFoundError} There is no such link.
 * @throws {KindError} It is no link: another kind of object, or another descriptor.
 * @throws {PermissionError} The process may not open it.
 */
export function openLink(source: LinkSource): Link {
  using opened = openObject("LINK", source);
  const isIterator = objInfo(opened, LINK_INFO, {}).get("type") === BPF_LINK_TYPE.ITER;
  const pin = "pin" in source ? source.pin : undefined;
  const descriptor = new Descriptor(opened.take(), opened.what);
  return isIterator ? new IteratorLink(descriptor, pin) : new Link(descriptor, pin);
}

/**
 * All links of the kernel now, by ascending id. Since Linux 5.8.
 *
 * @example Which programs are attached where
 * ```ts ignore
 * import { listLinks } from "@waggle/ebpf";
 *
 * for (const link of listLinks()) if (link.type === "xdp") console.log(link.programId, link.device);
 * ```
 *
 * @throws {PermissionError} The process lacks `CAP_SYS_ADMIN`.
 */
export function listLinks(): LinkInfo[] {
  return listObjects("LINK", readLinkInfo);
}
