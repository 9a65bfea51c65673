import { type Btf, type BtfComposite, type BtfValue, skipModifiers } from "../../btf/mod.ts";

/** A value of a type with enums by their names, where these have the number: as bpftool prints them. */
export function withEnumNames(btf: Btf, id: number, value: BtfValue): BtfValue {
  const type = skipModifiers(btf, id);
  switch (type.kind) {
    case "enum":
      return type.values.find((one) => one.value === BigInt(value as number | bigint))?.name ?? value;
    case "array":
      return Array.isArray(value)
        ? value.map((one: BtfValue) => withEnumNames(btf, type.typeId, one))
        : value;
    case "struct":
    case "union":
      return Object.fromEntries(members(btf, type, value as Record<string, BtfValue>));
    default:
      return value;
  }
}

/** Those of anonymous structs and unions among them, as in the value. */
function* members(
  btf: Btf,
  { members: all }: BtfComposite,
  value: Readonly<Record<string, BtfValue>>,
): Generator<[string, BtfValue], void, void> {
  for (const { name, typeId } of all) {
    const type = skipModifiers(btf, typeId);
    const one = value[name];
    if (name === "" && (type.kind === "struct" || type.kind === "union")) {
      for (const member of members(btf, type, value)) yield member;
    } else if (one !== undefined) yield [name, withEnumNames(btf, typeId, one)];
  }
}
