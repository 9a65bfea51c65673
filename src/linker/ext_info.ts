import type { ExtInfo } from "../btf/core.ts";
import { type Input, refusal } from "./input.ts";
import type { Layout } from "./sections.ts";

/** `BTF_MAGIC` and `BTF_VERSION`; no flags. */
const MAGIC = 0xeb9f;
const VERSION = 1;
/** `sizeof(struct btf_ext_header)`, in bytes. */
const HEADER_SIZE = 32;
const WORD_SIZE = 4;

/** Where what records refer to is in the types of the output. */
export interface Targets {
  /** The id that a type of an input has. */
  typeOf(input: Input, id: number): number;
  /** The offset of a string, in bytes. */
  stringOf(text: string): number;
}

/**
 * Makes the `.BTF.ext` of the output: the records of all inputs, by section (`linker_append_btf_ext` of libbpf's
 * `linker.c`).
 *
 * @returns `undefined` where there are no records.
 * @throws {ElfError} Records are about instructions that are not there.
 */
export function encodeInfo(
  inputs: readonly Input[],
  layout: Layout,
  { typeOf, stringOf }: Targets,
): Uint8Array | undefined {
  const place = (input: Input, section: string, offset: number): number => {
    const placement = layout.placements.get(input)?.byName.get(section);
    if (placement === undefined || offset >= placement.size) {
      throw refusal(input.file, `.BTF.ext is about byte ${offset} of "${section}", where there is none`);
    }
    return placement.offset + offset;
  };
  const part = <T extends { readonly offset: number }>(
    recordWords: number,
    pick: (info: ExtInfo) => ReadonlyMap<string, readonly T[]>,
    wordsOf: (record: T, input: Input) => readonly number[],
  ): number[] => {
    const sections = new Map<string, number[]>();
    for (const input of inputs) {
      for (const [name, records] of input.info === undefined ? [] : pick(input.info)) {
        let words = sections.get(name);
        if (words === undefined) sections.set(name, words = []);
        for (const record of records) {
          words.push(place(input, name, record.offset), ...wordsOf(record, input));
        }
      }
    }
    const all = sections.size === 0 ? [] : [recordWords * WORD_SIZE];
    for (const [name, words] of sections) {
      all.push(stringOf(name), words.length / recordWords);
      for (const word of words) all.push(word);
    }
    return all;
  };
  return encodeParts(inputs[0]?.file.byteOrder === "big", [
    // struct bpf_func_info
    part(2, (info) => info.functions, ({ typeId }, input) => [typeOf(input, typeId)]),
    // struct bpf_line_info
    part(
      4,
      (info) => info.lines,
      ({ file, text, line, column }) => [stringOf(file), stringOf(text), line << 10 | column],
    ),
    // struct bpf_core_relo
    part(
      4,
      (info) => info.relocations,
      ({ typeId, accessor, kind }, input) => [typeOf(input, typeId), stringOf(accessor), kind],
    ),
  ]);
}

/** The parts of a `.BTF.ext`, each with the size of its records and its sections, in words. */
export function encodeParts(isBig: boolean, parts: readonly (readonly number[])[]): Uint8Array | undefined {
  const length = parts.reduce((sum, words) => sum + words.length, 0);
  if (length === 0) return undefined;
  const view = new DataView(new ArrayBuffer(HEADER_SIZE + length * WORD_SIZE));
  view.setUint16(0, MAGIC, !isBig);
  view.setUint8(2, VERSION);
  view.setUint32(4, HEADER_SIZE, !isBig);
  let headerAt = 8;
  let at = HEADER_SIZE;
  for (const words of parts) {
    view.setUint32(headerAt, at - HEADER_SIZE, !isBig);
    view.setUint32(headerAt + WORD_SIZE, words.length * WORD_SIZE, !isBig);
    headerAt += 2 * WORD_SIZE;
    for (const word of words) {
      view.setUint32(at, word, !isBig);
      at += WORD_SIZE;
    }
  }
  return new Uint8Array(view.buffer);
}
