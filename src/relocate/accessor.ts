import type { CoreRelocation } from "../asm/core.ts";
import { type Btf, sizeOf, skipModifiers } from "../btf/core.ts";
import { BtfError } from "../errors.ts";
import { isEnumeratorKind, isFieldKind, KIND } from "./_kind.ts";

/** Deepest nesting followed, in accessor elements (`BPF_CORE_SPEC_MAX_LEN`). */
export const MAX_DEPTH = 64;

/** One meaningful turn on the way to a field; members that are anonymous structs and unions are none. */
export interface Step {
  /** The struct or union of a member, the element of an array, or the enum. */
  readonly typeId: number;
  /** Of the member, the element or the enumerator. */
  readonly index: number;
  /** Of the member or enumerator; elements have none. */
  readonly name?: string;
}

/** A place in a type, in one BTF. */
export interface Access {
  readonly btf: Btf;
  /** The type that the way starts at, its modifiers and typedefs still on. */
  readonly rootId: number;
  /** Empty where a record is about the type itself. */
  readonly steps: readonly Step[];
  /** Of the field from the start of the root, in bits. */
  readonly bitOffset: number;
}

/**
 * Follows the accessor of a record through the types of the object file, as `bpf_core_parse_spec` of libbpf's
 * `relo_core.c` does.
 *
 * @throws {BtfError} The record contradicts the types.
 */
export function parseAccess(local: Btf, relocation: CoreRelocation): Access {
  const { kind, typeId, accessor } = relocation;
  const malformed = (why: string) =>
    new BtfError(
      `Cannot relocate "${local.nameOf(typeId)}": accessor "${accessor}" of type ${typeId} ${why}`,
    );

  if (!isFieldKind(kind) && !isEnumeratorKind(kind)) {
    if (kind > KIND.TYPE_MATCHES) throw malformed(`is of kind ${kind}, which this version does not know`);
    if (accessor !== "0") throw malformed("is not that of a whole type");
    return { btf: local, rootId: typeId, steps: [], bitOffset: 0 };
  }

  const [first, ...path] = parseIndices(accessor);
  if (first === undefined || path.length >= MAX_DEPTH) throw malformed("is malformed");
  const root = skipModifiers(local, typeId);
  if (isEnumeratorKind(kind)) {
    const name = root.kind === "enum" ? root.values[first]?.name : undefined;
    if (name === undefined || path.length > 0) throw malformed("is that of no enumerator");
    return { btf: local, rootId: typeId, steps: [{ typeId: root.id, index: first, name }], bitOffset: 0 };
  }

  const steps: Step[] = [{ typeId: root.id, index: first }];
  let bitOffset = first * sizeOf(local, root.id) * 8;
  let type = root;
  for (const index of path) {
    if (type.kind === "struct" || type.kind === "union") {
      const member = type.members[index];
      if (member === undefined) throw malformed("goes beyond the last member");
      if (member.name !== "") steps.push({ typeId: type.id, index, name: member.name });
      bitOffset += member.bitOffset;
      type = skipModifiers(local, member.typeId);
    } else if (type.kind === "array") {
      if (index >= type.length && !isFlexible(local, steps.at(-1), type.length)) {
        throw malformed("goes beyond the last element");
      }
      type = skipModifiers(local, type.typeId);
      steps.push({ typeId: type.id, index });
      bitOffset += index * sizeOf(local, type.id) * 8;
    } else {
      throw malformed(`goes into a type of kind ${type.kind}`);
    }
  }
  return { btf: local, rootId: typeId, steps, bitOffset };
}

/** Whether an array without a length, reached by a step, is the last member of its struct. */
export function isFlexible(btf: Btf, step: Step | undefined, length: number): boolean {
  if (step?.name === undefined || length > 0) return false;
  const parent = btf.type(step.typeId);
  return (parent.kind === "struct" || parent.kind === "union") && step.index === parent.members.length - 1;
}

/** The access as C writes it: `task_struct.mm`, `files_struct.fd_array[3]`. */
export function formatAccess({ btf, rootId, steps }: Access): string {
  const root = btf.nameOf(rootId) || `type ${rootId}`;
  return steps.reduce((text, { name, index }, at) => {
    if (name !== undefined) return `${text}.${name}`;
    return at === 0 && index === 0 ? text : `${text}[${index}]`;
  }, root);
}

/** The numbers between the colons; none where the text is malformed. */
function parseIndices(accessor: string): number[] {
  return /^\d{1,9}(:\d{1,9})*$/.test(accessor) ? accessor.split(":").map(Number) : [];
}
