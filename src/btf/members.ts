import type { Btf } from "./btf.ts";
import type { BtfComposite, BtfMember } from "./types.ts";
import { skipModifiers } from "./walk.ts";

/** A member by name, also of anonymous structs and unions, with its place in bits from the start of the outermost. */
export function findMember(
  btf: Btf,
  struct: BtfComposite,
  name: string,
): { readonly member: BtfMember; readonly bitOffset: number } | undefined {
  for (const member of struct.members) {
    if (member.name === name) return { member, bitOffset: member.bitOffset };
    if (member.name !== "") continue;
    const type = skipModifiers(btf, member.typeId);
    if (type.kind !== "struct" && type.kind !== "union") continue;
    const inside = findMember(btf, type, name);
    if (inside) return { member: inside.member, bitOffset: member.bitOffset + inside.bitOffset };
  }
  return undefined;
}

/** The names of all members, those of anonymous structs and unions among them. */
export function* memberNames(btf: Btf, struct: BtfComposite): Generator<string> {
  for (const { name, typeId } of struct.members) {
    if (name !== "") yield name;
    const type = skipModifiers(btf, typeId);
    if (name === "" && (type.kind === "struct" || type.kind === "union")) yield* memberNames(btf, type);
  }
}
