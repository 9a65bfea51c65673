import { CALL, SLOT_SIZE } from "../asm/core.ts";
import type { ElfSection } from "../elf/mod.ts";
import { RELOCATION_TYPES, SHF_EXECINSTR, SHT_PROGBITS, STT_SECTION } from "./_elf.ts";
import type { WrittenRelocation } from "./elf_writer.ts";
import { JUMP_TABLES_SECTION } from "./globals.ts";
import { type Input, refusal } from "./input.ts";
import type { Layout, OutputSection, Placement } from "./sections.ts";
import type { SymbolTable } from "./symbol_table.ts";

/** Where `imm` is in an instruction, in bytes. */
const IMM_OFFSET = 4;

/** What {@linkcode relocate} works on. */
export interface Relocatable {
  readonly layout: Layout;
  readonly table: SymbolTable;
  /** The contents of the sections of the output, which are changed. */
  readonly contents: ReadonlyMap<OutputSection, Uint8Array<ArrayBuffer>>;
}

/**
 * Moves the relocations of all inputs to where their sections are (`linker_append_elf_relos` of libbpf's `linker.c`).
 *
 * Where one names a section, the instruction has the distance from its start: from that of the part it becomes that
 * of the whole.
 *
 * @returns By section, those of the inputs one after the other.
 * @throws {ElfError} A relocation is damaged, or refers to what is left out.
 */
export function relocate(
  inputs: readonly Input[],
  output: Relocatable,
): Map<OutputSection, WrittenRelocation[]> {
  const all = new Map<OutputSection, WrittenRelocation[]>();
  for (const input of inputs) {
    for (const header of input.relocations) {
      const placement = output.layout.placements.get(input)?.byNumber.get(header.info);
      if (placement === undefined) {
        throw input.file.error(
          `section "${header.name}" relocates no data and no instructions`,
          header.offset,
        );
      }
      let relocations = all.get(placement.section);
      if (relocations === undefined) all.set(placement.section, relocations = []);
      for (const relocation of relocateSection(input, header, placement, output)) {
        relocations.push(relocation);
      }
    }
  }
  return all;
}

function* relocateSection(
  input: Input,
  header: ElfSection,
  placement: Placement,
  { layout, table, contents }: Relocatable,
): Generator<WrittenRelocation> {
  const { file } = input;
  const placements = layout.placements.get(input)?.byNumber;
  const little = file.byteOrder === "little";
  const target = viewOf(contents.get(placement.section) ?? new Uint8Array());
  const { type: kind, flags } = placement.section;
  const isCode = kind === SHT_PROGBITS && (flags & SHF_EXECINSTR) !== 0;
  for (const { offset, symbol, type } of file.relocationsIn(header)) {
    const fail = (state: string) =>
      refusal(file, `a relocation at ${offset} of "${placement.section.name}" ${state}`);
    if (!RELOCATION_TYPES.has(type)) throw fail(`is of type ${type}, which BPF has not`);
    if (isCode && offset % SLOT_SIZE !== 0) throw fail("is within an instruction");
    const number = table.numbers.get(symbol);
    if (number === undefined) throw fail(`refers to "${symbol.name}", which is left out`);
    const at = placement.offset + offset;
    const referred = placements?.get(symbol.section);
    if (symbol.type === STT_SECTION && referred !== undefined) {
      if (!isCode) throw fail(`refers to section "${referred.section.name}" and not to what is in it`);
      const unit = target.getUint8(at) === CALL ? SLOT_SIZE : 1;
      const imm = target.getInt32(at + IMM_OFFSET, little) + referred.offset / unit;
      target.setInt32(at + IMM_OFFSET, imm, little);
    }
    if (referred?.section.name === JUMP_TABLES_SECTION && placement.offset > 0) {
      throw fail("needs a jump table, whose code would move: compile with -fno-jump-tables");
    }
    yield { offset: at, symbol: number, type };
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
