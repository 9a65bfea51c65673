/**
 * The commands of bpf(2) for links.
 *
 * @module
 */
import {
  ITER_CREATE_ATTR,
  LINK_CREATE_ATTR,
  LINK_DETACH_ATTR,
  LINK_UPDATE_ATTR,
  RAW_TRACEPOINT_OPEN_ATTR,
} from "../uapi/mod.ts";
import { Attr, type Fields } from "./attr.ts";
import { bpf, bpfDescriptor } from "./bpf.ts";
import type { Descriptor } from "./descriptor.ts";

/** `BPF_LINK_CREATE`. Since Linux 5.7. `what` names the link in messages: `a link of program "on_exec" to …`. */
export function linkCreate(what: string, fields: Fields<typeof LINK_CREATE_ATTR>): Descriptor {
  return bpfDescriptor("create", what, "LINK_CREATE", LINK_CREATE_ATTR, fields);
}

/** `BPF_LINK_UPDATE`: replaces the program of a link. Since Linux 5.7. */
export function linkUpdate(link: Descriptor, fields: Fields<typeof LINK_UPDATE_ATTR>): void {
  bpf(`update ${link.what}`, "LINK_UPDATE", new Attr(LINK_UPDATE_ATTR, { ...fields, link_fd: link.fd }));
}

/** `BPF_LINK_DETACH`: detaches, and leaves the link as an empty shell. Since Linux 5.9. */
export function linkDetach(link: Descriptor): void {
  bpf(`detach ${link.what}`, "LINK_DETACH", new Attr(LINK_DETACH_ATTR, { link_fd: link.fd }));
}

/** `BPF_RAW_TRACEPOINT_OPEN`: attaches to a raw tracepoint, or to what a tracing program was loaded for. */
export function rawTracepointOpen(what: string, fields: Fields<typeof RAW_TRACEPOINT_OPEN_ATTR>): Descriptor {
  return bpfDescriptor("create", what, "RAW_TRACEPOINT_OPEN", RAW_TRACEPOINT_OPEN_ATTR, fields);
}

/** `BPF_ITER_CREATE`: a file that runs an iterator program when it is read. Since Linux 5.8. */
export function iterCreate(link: Descriptor): Descriptor {
  return bpfDescriptor("read", link.what, "ITER_CREATE", ITER_CREATE_ATTR, { link_fd: link.fd });
}
