import { SLOT_SIZE } from "../asm/core.ts";
import { type BtfBuilder, intType } from "../btf/core.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import type { CodeSection } from "./code_sections.ts";
import { identifier } from "./encode_maps.ts";
import { encodeParts } from "./ext_info.ts";

/** Of `struct bpf_func_info`, `struct bpf_line_info` and `struct bpf_core_relo`, in bytes. */
const FUNCTION_SIZE = 8;
const LINE_SIZE = 16;
const RELOCATION_SIZE = 16;

/** The functions, the lines of their source, and their CO-RE records, in the form of `.BTF.ext`. */
export function describeFunctions(
  types: BtfBuilder,
  sections: readonly CodeSection[],
): Uint8Array | undefined {
  const returnTypeId = types.add(intType());
  const typeId = types.add({ kind: "prototype", name: "", returnTypeId, parameters: [] });
  const typeOf = (name: string) =>
    types.add({ kind: "function", name: identifier(name), typeId, linkage: "static" });
  // The kernel wants a line at the start of each function, or none at all
  const hasLines = sections.every(({ functions, instructions }) =>
    functions.every(({ first }) => instructions[first]?.source !== undefined)
  );
  const hasRelocations = sections.some(({ instructions }) =>
    instructions.some(({ relocation }) => relocation)
  );
  return encodeParts(!LITTLE_ENDIAN, [
    [
      FUNCTION_SIZE,
      ...sections.flatMap(({ name, functions }) => [
        types.addString(name),
        functions.length,
        ...functions.flatMap(({ name, offset }) => [offset, typeOf(name)]),
      ]),
    ],
    hasLines ? [LINE_SIZE, ...sections.flatMap((section) => linesOf(types, section))] : [],
    hasRelocations ? [RELOCATION_SIZE, ...sections.flatMap((section) => relocationsOf(types, section))] : [],
  ]);
}

function linesOf(types: BtfBuilder, { name, functions, instructions, slots }: CodeSection): number[] {
  const starts = new Set(functions.map(({ first }) => first));
  const records = instructions.flatMap(({ source }, i) =>
    source && (starts.has(i) || source !== instructions[i - 1]?.source)
      ? [[
        (slots[i] ?? 0) * SLOT_SIZE,
        types.addString(source.file),
        types.addString(source.text),
        position(source),
      ]]
      : []
  );
  return [types.addString(name), records.length, ...records.flat()];
}

function relocationsOf(types: BtfBuilder, { name, instructions, slots }: CodeSection): number[] {
  const records = instructions.flatMap(({ relocation }, i) =>
    relocation
      ? [[
        (slots[i] ?? 0) * SLOT_SIZE,
        relocation.typeId,
        types.addString(relocation.accessor),
        relocation.kind,
      ]]
      : []
  );
  return records.length > 0 ? [types.addString(name), records.length, ...records.flat()] : [];
}

/** 22 bits of the line and 10 of the column, which are 0 where they are larger. */
function position({ line, column }: { readonly line: number; readonly column: number }): number {
  return (line > 0x3fffff ? 0 : line << 10 | (column > 0x3ff ? 0 : column)) >>> 0;
}
