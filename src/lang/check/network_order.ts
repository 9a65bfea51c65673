/**
 * What types of BTF say about numbers in network order.
 *
 * @module
 */
import type { Btf } from "../../btf/core.ts";

/** The size of a number that is in network order by its type; `undefined` of others. */
export function bigEndianSize(btf: Btf, typeId: number): 2 | 4 | 8 | undefined {
  for (
    let type = btf.type(typeId);
    "typeId" in type && type.kind !== "pointer";
    type = btf.type(type.typeId)
  ) {
    if (type.name === "__be16") return 2;
    if (type.name === "__be32") return 4;
    if (type.name === "__be64") return 8;
  }
  return undefined;
}
