import { RELOCATION_SIZE, SHF_INFO_LINK, SHN_LORESERVE, SHT_PROGBITS, SHT_REL } from "./_elf.ts";
import { ElfWriter, SYMBOLS_INDEX } from "./elf_writer.ts";
import { resolveGlobals } from "./globals.ts";
import { readInput, refusal } from "./input.ts";
import { relocate } from "./relocations.ts";
import { arrangeSections } from "./sections.ts";
import { collectSymbols } from "./symbol_table.ts";
import { mergeTypes } from "./types.ts";

/** An object file to link. */
export interface LinkInput {
  /** What messages call the file. */
  readonly name: string;
  /** What is in the file. */
  readonly bytes: Uint8Array;
}

/**
 * Links object files into one, as `bpftool gen object` does (`bpf_linker` of libbpf). The result depends on the bytes
 * and their order alone.
 *
 * Sections of the same name become one, and types are there once. What one object declares `extern` is what another
 * defines by that name; of weak definitions the first counts, unless there is one that is not weak. What is hidden in
 * one object is so in the output, and static names stay apart. What no object defines stays declared, so that
 * a library can be linked before what it needs. Debug information (DWARF) is left out.
 *
 * @throws {ElfError} An object is damaged, or the objects do not fit together: a name is defined twice or has types
 *   that differ, or licenses, byte orders or kinds of sections do.
 * @throws {BtfError} The types of an object are damaged.
 * @throws {TypeError} There is nothing to link.
 *
 * @example
 * ```ts
 * import { parseElf } from "@waggle/ebpf/elf";
 * import { linkObjects } from "@waggle/ebpf/linker";
 *
 * function programsOf(library: Uint8Array, main: Uint8Array): string[] {
 *   const linked = linkObjects([{ name: "library.bpf.o", bytes: library }, { name: "main.bpf.o", bytes: main }]);
 *   return parseElf(linked).programs.map(({ name }) => name);
 * }
 * ```
 */
export function linkObjects(objects: readonly LinkInput[]): Uint8Array {
  const inputs = objects.map(({ name, bytes }) => readInput(bytes, name));
  const [first] = inputs;
  if (first === undefined) throw new TypeError("Cannot link objects: there are none");
  const { byteOrder } = first.file;
  for (const { file } of inputs) {
    if (file.byteOrder !== byteOrder) {
      throw refusal(file, `it is ${file.byteOrder}-endian, and "${first.file.name}" is ${byteOrder}-endian`);
    }
  }
  const layout = arrangeSections(inputs);
  const globals = resolveGlobals(inputs, layout);
  const table = collectSymbols(inputs, layout, globals);
  const sections = [...layout.sections.values()];
  const contents = new Map(sections.map((section) => [section, section.contents()]));
  const relocations = relocate(inputs, { layout, table, contents });
  const types = mergeTypes(inputs, layout, globals);

  const writer = new ElfWriter(byteOrder);
  const numbers = new Map(sections.map((section, i) => [section, writer.nextIndex + i]));
  for (const section of sections) {
    const bytes = contents.get(section) ?? new Uint8Array();
    const { name, type, flags, size, align, entrySize } = section;
    writer.addSection({ name, type, flags, bytes, size, align, entrySize });
  }
  for (const [section, records] of relocations) {
    writer.addSection({
      name: `.rel${section.name}`,
      type: SHT_REL,
      flags: SHF_INFO_LINK,
      bytes: writer.encodeRelocations(records),
      link: SYMBOLS_INDEX,
      info: numbers.get(section) ?? 0,
      align: 8,
      entrySize: RELOCATION_SIZE,
    });
  }
  const parts = [[".BTF", types?.btf], [".BTF.ext", types?.info]] as const;
  for (const [name, bytes] of parts) {
    if (bytes !== undefined) writer.addSection({ name, type: SHT_PROGBITS, bytes, align: 8 });
  }
  if (writer.nextIndex > SHN_LORESERVE) throw refusal(first.file, `there are over ${SHN_LORESERVE} sections`);
  writer.setSymbols(
    table.symbols.map((symbol) => {
      const { section } = symbol;
      return { ...symbol, section: typeof section === "number" ? section : numbers.get(section) ?? 0 };
    }),
    table.localCount,
  );
  return writer.encode();
}
