import { type Btf, btfCodec, formatValue } from "../../btf/mod.ts";
import { bytes } from "../../codec/mod.ts";
import { NotSupportedError } from "../../errors.ts";
import { btfOfId, kernelBtf } from "../../kernel/mod.ts";
import { type BpfMap, HashMap, listMaps, type MapKind, openMap, PerCpuHashMap } from "../../map/mod.ts";
import { withEnumNames } from "./enum_names.ts";
import { sourceOf } from "../source.ts";
import type { Wanted } from "./dump.ts";

/** What keys and values are. */
interface Types {
  readonly btf: Btf;
  readonly key: number;
  readonly value: number;
}

/** The elements of a map. */
export function* dumpMap({ what, json }: Wanted): Generator<string | object, void, void> {
  using map = openMap(sourceOf("map", what, listMaps), rawKind);
  const types = typesOf(map);
  let count = 0;
  for (const [key, value] of map) {
    count++;
    const values = Array.isArray(value) ? value : undefined;
    if (json) yield record(key, values ?? value, types);
    else if (values) {
      yield `key: ${shown(key, types, "key")}`;
      for (const [cpu, one] of values.entries()) yield `  cpu ${cpu}: ${shown(one, types, "value")}`;
    } else yield `key: ${shown(key, types, "key")}  value: ${shown(value as Uint8Array, types, "value")}`;
  }
  if (!json) yield `${count} ${count === 1 ? "element" : "elements"}`;
}

type RawMap = HashMap<Uint8Array, Uint8Array | Uint8Array[]>;

/** Maps of any type with keys, whose keys and values are bytes. */
const rawKind: MapKind<RawMap> = {
  types: ["unspec"],
  keySize: undefined,
  valueSize: undefined,
  open(handle) {
    const { type, keySize, valueSize } = handle.facts;
    if (keySize === 0) {
      throw new NotSupportedError(
        `Cannot list the elements of map "${handle.name}" (${type}): it has no keys: what is in it is read by taking it out`,
      );
    }
    const [key, value] = [bytes(keySize), bytes(valueSize)];
    return type.includes("percpu")
      ? new PerCpuHashMap(handle, key, value)
      : new HashMap<Uint8Array, Uint8Array>(handle, key, value);
  },
};

function typesOf({ info }: BpfMap): Types | undefined {
  const { btfId, keyTypeId, valueTypeId, kernelValueTypeId } = info;
  // The value of a map of struct_ops is a struct of the kernel's
  if (kernelValueTypeId !== 0) return { btf: kernelBtf(), key: 0, value: kernelValueTypeId };
  return btfId === 0 || valueTypeId === 0
    ? undefined
    : { btf: btfOfId(btfId), key: keyTypeId, value: valueTypeId };
}

function shown(value: Uint8Array, types: Types | undefined, part: "key" | "value"): string {
  if (!types || types[part] === 0) {
    return [...value].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
  return formatValue(types.btf, types[part], viewOf(value));
}

/** The variables of a section (`.data`), whose map has them as its one value; `undefined` of other types. */
function variablesOf(btf: Btf, id: number): { name: string; typeId: number; offset: number }[] | undefined {
  const section = btf.type(id);
  if (section.kind !== "section") return undefined;
  return section.entries.flatMap(({ typeId, offset }) => {
    const variable = btf.type(typeId);
    return variable.kind === "variable" ? [{ name: variable.name, typeId: variable.typeId, offset }] : [];
  });
}

function read(value: Uint8Array, { btf, ...types }: Types, part: "key" | "value"): unknown {
  const variables = variablesOf(btf, types[part]);
  const valueOf = (id: number, at = 0) => withEnumNames(btf, id, btfCodec(btf, id).read(viewOf(value), at));
  if (!variables) return valueOf(types[part]);
  return {
    [btf.nameOf(types[part])]: variables.map(({ name, typeId, offset }) => ({
      [name]: valueOf(typeId, offset),
    })),
  };
}

/** As `bpftool -j map dump` has it. */
function record(
  key: Uint8Array,
  value: Uint8Array | readonly Uint8Array[],
  types: Types | undefined,
): object {
  const all = (one: (bytes: Uint8Array) => unknown) =>
    value instanceof Uint8Array
      ? { value: one(value) }
      : { values: value.map((bytes, cpu) => ({ cpu, value: one(bytes) })) };
  const formatted = types &&
    {
      ...types.key !== 0 && { key: read(key, types, "key") },
      ...all((bytes) => read(bytes, types, "value")),
    };
  return { key: hex(key), ...all(hex), ...formatted && { formatted } };
}

function hex(bytes: Uint8Array): string[] {
  return Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`);
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
