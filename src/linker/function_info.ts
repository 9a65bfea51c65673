import { SLOT_SIZE } from "../asm/core.ts";
import { type BtfBuilder, FUNCTION_INFO_SIZE, intType, LINE_INFO_SIZE, linePosition } from "../btf/core.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { identifier } from "../names.ts";
import type { CodeSection } from "./code_sections.ts";
import { encodeParts } from "./ext_info.ts";

/** `sizeof(struct bpf_core_relo)`, in bytes. */
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
      FUNCTION_INFO_SIZE,
      ...sections.flatMap(({ name, functions }) => [
        types.addString(name),
        functions.length,
        ...functions.flatMap(({ name, offset }) => [offset, typeOf(name)]),
      ]),
    ],
    hasLines ? [LINE_INFO_SIZE, ...sections.flatMap((section) => linesOf(types, section))] : [],
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
        linePosition(source.line, source.column),
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
