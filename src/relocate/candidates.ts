import { type Btf, type BtfKind, essentialName } from "../btf/core.ts";

/** A type of the kernel that may be the one a record means. */
export interface Candidate {
  readonly btf: Btf;
  readonly id: number;
}

/**
 * The types with the name of a local one, flavours aside, and of its kind. Modules (all targets but the first)
 * count only where the kernel itself has none (`bpf_core_find_cands` of libbpf).
 */
export function findCandidates(local: Btf, localId: number, targets: Iterable<Btf>): Candidate[] {
  const name = essentialName(local.nameOf(localId));
  const kind = local.kindOf(localId);
  const found: Candidate[] = [];
  let kernel = true;
  for (const target of targets) {
    // A module's BTF repeats the kernel's types, which have been searched.
    found.push(...candidatesIn(target, kernel ? 1 : target.firstId, name, kind));
    if (kernel && found.length > 0) break;
    kernel = false;
  }
  return found;
}

function candidatesIn(btf: Btf, firstId: number, name: string, kind: BtfKind): Candidate[] {
  return btf.idsOfEssentialName(name)
    .filter((id) => id >= firstId && btf.kindOf(id) === kind)
    .map((id) => ({ btf, id }));
}
