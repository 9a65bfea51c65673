/**
 * Places among the programs that are attached already.
 *
 * @module
 */
import type { Program } from "../program/mod.ts";
import type { Link } from "./link.ts";

/** An attached program: by its handle, its link, or the number that the kernel gave either. */
export type AnchorTarget = Program | Link | { readonly programId: number } | { readonly linkId: number };

/**
 * Where a program goes among those that are attached already: in front of all, behind all, or next to one of them.
 * Programs run in this order.
 */
export type Anchor =
  | "first"
  | "last"
  | { readonly before: AnchorTarget }
  | { readonly after: AnchorTarget };

/** `BPF_F_…` of `include/uapi/linux/bpf.h`. */
const BEFORE = 1 << 3;
const AFTER = 1 << 4;
const ID = 1 << 5;
const LINK = 1 << 13;

/** What the kernel is told of a place: `flags`, and the descriptor or id of the neighbour, which share a field. */
export interface AnchorFields {
  readonly flags: number;
  readonly neighbour: number;
}

/** The end, where there is no anchor: what the kernel does without flags. */
export function anchorFields(anchor: Anchor | undefined): AnchorFields {
  if (anchor === undefined) return { flags: 0, neighbour: 0 };
  if (anchor === "first") return { flags: BEFORE, neighbour: 0 };
  if (anchor === "last") return { flags: AFTER, neighbour: 0 };
  const [side, target] = "before" in anchor ? [BEFORE, anchor.before] : [AFTER, anchor.after];
  const { flags, neighbour } = targetFields(target);
  return { flags: flags | side, neighbour };
}

function targetFields(target: AnchorTarget): AnchorFields {
  if ("programId" in target) return { flags: ID, neighbour: target.programId };
  if ("linkId" in target) return { flags: ID | LINK, neighbour: target.linkId };
  return { flags: "detach" in target ? LINK : 0, neighbour: target.descriptor.fd };
}
