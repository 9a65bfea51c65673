import { type Btf, essentialName, sizeOf, skipModifiers } from "../btf/core.ts";
import { BtfError } from "../errors.ts";
import { isEnumeratorKind, KIND } from "./_kind.ts";
import { type Access, isFlexible, MAX_DEPTH, type Step } from "./accessor.ts";
import type { Candidate } from "./candidates.ts";
import { fieldsAreCompatible, typesAreCompatible } from "./compatible.ts";
import { typesMatch } from "./types_match.ts";

/**
 * Finds in a candidate what a record means in the local type, as `bpf_core_spec_match` of libbpf's
 * `relo_core.c` does; `undefined` where the candidate does not have it.
 *
 * @throws {BtfError} One of the types is malformed, or nested too deep.
 */
export function matchAccess(local: Access, kind: number, candidate: Candidate): Access | undefined {
  const { btf, id } = candidate;
  if (local.steps.length === 0) {
    const same = kind === KIND.TYPE_MATCHES ? typesMatch : typesAreCompatible;
    return same(local.btf, local.rootId, btf, id) ? { btf, rootId: id, steps: [], bitOffset: 0 } : undefined;
  }
  return isEnumeratorKind(kind) ? matchEnumerator(local, candidate) : matchField(local, candidate);
}

function matchEnumerator(local: Access, { btf, id }: Candidate): Access | undefined {
  const type = skipModifiers(btf, id);
  const name = essentialName(local.steps[0]?.name ?? "");
  if (type.kind !== "enum") return undefined;
  const index = type.values.findIndex((value) => essentialName(value.name) === name);
  const found = type.values[index];
  if (found === undefined) return undefined;
  return { btf, rootId: id, steps: [{ typeId: type.id, index, name: found.name }], bitOffset: 0 };
}

function matchField(local: Access, { btf, id }: Candidate): Access | undefined {
  const steps: Step[] = [];
  let bitOffset = 0;
  let depth = 0;
  let type = skipModifiers(btf, id);
  for (const [at, { name, index, typeId }] of local.steps.entries()) {
    if (name !== undefined) {
      const member = findMember(btf, type.id, name, depth);
      if (member === undefined) return undefined;
      const localParent = local.btf.type(typeId);
      const localMember = "members" in localParent ? localParent.members[index] : undefined;
      if (localMember === undefined) return undefined;
      if (!fieldsAreCompatible(local.btf, localMember.typeId, btf, member.memberTypeId)) return undefined;
      steps.push(member.step);
      bitOffset += member.bitOffset;
      depth = member.depth;
      type = skipModifiers(btf, member.memberTypeId);
    } else {
      if (at > 0) {
        if (type.kind !== "array") return undefined;
        if (index >= type.length && !isFlexible(btf, steps.at(-1), type.length)) return undefined;
        type = skipModifiers(btf, type.typeId);
      }
      if (++depth > MAX_DEPTH) throw tooDeep(btf, id);
      steps.push({ typeId: type.id, index });
      bitOffset += index * sizeOf(btf, type.id) * 8;
    }
  }
  return { btf, rootId: id, steps, bitOffset };
}

/** A member that a name led to, perhaps through anonymous structs and unions. */
interface FoundMember {
  readonly step: Step;
  readonly memberTypeId: number;
  /** From the start of the struct that the search began at, in bits. */
  readonly bitOffset: number;
  readonly depth: number;
}

/**
 * The first member with a name, depth first. `searched` has the anonymous types that are known not to have it,
 * so that those met again are not searched again.
 */
function findMember(
  btf: Btf,
  typeId: number,
  name: string,
  depth: number,
  searched: Set<number> = new Set(),
): FoundMember | undefined {
  const type = skipModifiers(btf, typeId);
  if ((type.kind !== "struct" && type.kind !== "union") || searched.has(type.id)) return undefined;
  for (const [index, member] of type.members.entries()) {
    if (depth >= MAX_DEPTH) throw tooDeep(btf, type.id);
    if (member.name === name) {
      const step = { typeId: type.id, index, name };
      return { step, memberTypeId: member.typeId, bitOffset: member.bitOffset, depth: depth + 1 };
    }
    if (member.name === "") {
      const found = findMember(btf, member.typeId, name, depth + 1, searched);
      if (found !== undefined) return { ...found, bitOffset: found.bitOffset + member.bitOffset };
    }
  }
  searched.add(type.id);
  return undefined;
}

function tooDeep(btf: Btf, id: number): BtfError {
  return new BtfError(`Cannot relocate "${btf.nameOf(id)}": its members are nested deeper than ${MAX_DEPTH}`);
}
