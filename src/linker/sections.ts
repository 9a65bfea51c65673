import type { ElfFile } from "../elf/mod.ts";
import { SHT_NOBITS } from "./_elf.ts";
import { type Input, type InputSection, refusal } from "./input.ts";

/** BTF counts the bytes of a section in 32 bits. */
const MAX_SIZE = 0xffff_ffff;

/** Sections of which all inputs must have the same, and the output one (`linker_append_sec_data` of `linker.c`). */
const SAME_IN_ALL: ReadonlySet<string> = new Set(["license", "version"]);

/** A section of the output: those of one name, one after the other. */
export class OutputSection {
  readonly name: string;
  /** `SHT_…`. */
  readonly type: number;
  /** `SHF_…`. */
  readonly flags: number;
  /** In bytes; 0 where it is no table. */
  readonly entrySize: number;
  readonly #parts: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #align = 1;
  #size = 0;

  constructor({ header: { name, type, flags }, entrySize }: InputSection) {
    this.name = name;
    this.type = type;
    this.flags = flags;
    this.entrySize = entrySize;
  }

  /** The largest that a part has, in bytes. */
  get align(): number {
    return this.#align;
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  /** Adds a part at the end, and gives its place in bytes. */
  append(file: ElfFile, { header, bytes, align, entrySize }: InputSection): number {
    for (
      const [what, differs] of [
        ["type", header.type !== this.type],
        ["flags", header.flags !== this.flags],
        ["entry size", entrySize !== this.entrySize],
      ] as const
    ) {
      if (differs) throw refusal(file, `section "${this.name}" has another ${what} than before`);
    }
    this.#align = Math.max(this.#align, align);
    const offset = Math.ceil(this.#size / this.#align) * this.#align;
    this.#size = offset + header.size;
    if (this.#size > MAX_SIZE) throw refusal(file, `section "${this.name}" gets ${this.#size} bytes`);
    this.#parts.push({ offset, bytes });
    return offset;
  }

  /** Whether it has these contents and no others. */
  holds(bytes: Uint8Array): boolean {
    const [part, other] = this.#parts;
    return part !== undefined && other === undefined && part.bytes.length === bytes.length &&
      part.bytes.every((byte, i) => byte === bytes[i]);
  }

  /** A copy of the contents, zeroes between the parts; none where they take no room in the file. */
  contents(): Uint8Array<ArrayBuffer> {
    if (this.type === SHT_NOBITS) return new Uint8Array();
    const contents = new Uint8Array(this.#size);
    for (const { offset, bytes } of this.#parts) contents.set(bytes, offset);
    return contents;
  }
}

/** Where an input's section is in the output. */
export interface Placement {
  readonly section: OutputSection;
  /** In bytes. */
  readonly offset: number;
  /** Of the input's section, in bytes. */
  readonly size: number;
}

/** Where the sections of one input are; without those that the output does not take over. */
export interface Placements {
  readonly byNumber: ReadonlyMap<number, Placement>;
  /** The first of each name. */
  readonly byName: ReadonlyMap<string, Placement>;
}

/** The sections of the output, and where those of the inputs are in them. */
export interface Layout {
  /** By their names, in the order in which these appear. */
  readonly sections: ReadonlyMap<string, OutputSection>;
  readonly placements: ReadonlyMap<Input, Placements>;
}

/**
 * Puts sections of the same name together, each part at the alignment of the largest so far, as libbpf does.
 *
 * @throws {ElfError} Sections of the same name are of different types, or licenses differ.
 */
export function arrangeSections(inputs: readonly Input[]): Layout {
  const sections = new Map<string, OutputSection>();
  const placements = new Map<Input, Placements>();
  for (const input of inputs) {
    const byNumber = new Map<number, Placement>();
    const byName = new Map<string, Placement>();
    placements.set(input, { byNumber, byName });
    for (const part of input.sections) {
      const { name, index, size } = part.header;
      let section = sections.get(name);
      if (section === undefined) {
        sections.set(name, section = new OutputSection(part));
      } else if (SAME_IN_ALL.has(name)) {
        if (!section.holds(part.bytes)) {
          throw refusal(input.file, `section "${name}" is not that of the others`);
        }
        continue;
      }
      const placement = { section, offset: section.append(input.file, part), size };
      byNumber.set(index, placement);
      if (!byName.has(name)) byName.set(name, placement);
    }
  }
  return { sections, placements };
}
