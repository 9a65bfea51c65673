/**
 * Programs and libraries that processes have in memory.
 *
 * @module
 */
import {
  addressOf,
  buildId,
  type ElfFile,
  miniDebugFile,
  type Segment,
  SYMBOLS,
  symbolSection,
} from "../executable/mod.ts";
import type { AddressTable } from "./_address_table.ts";
import { openDebugFile } from "./_debug_file.ts";
import { functionsOf, type Table } from "./_elf_functions.ts";
import { attempt } from "./_read.ts";

/** Where an image can be read. */
export interface ImageSource {
  /** What the process calls it. */
  readonly path: string;
  /** Before paths of the process: `/proc/PID/root`, or empty. */
  readonly root: string;
  /** What a symbol is called. */
  readonly rename: (name: string) => string;
  /** Opens it; the caller closes it. `undefined` once it is not there any more, or is another file. */
  open(): ElfFile | undefined;
}

/** A program or library. Its functions are read when they are first asked for, and may be forgotten meanwhile. */
export class Image {
  /** What the process calls it. */
  readonly path: string;
  /** When it was last used, by the counter of {@linkcode ImageCache}. */
  lastUse = 0;
  readonly #source: ImageSource;
  #headers: { readonly segments: readonly Segment[]; readonly buildId: string | undefined } | undefined;
  /** `null` where there are none to read. */
  #functions: AddressTable | null | undefined;

  /** Reads nothing yet. */
  constructor(source: ImageSource) {
    this.path = source.path;
    this.#source = source;
  }

  /** Whether its functions are still to be read. */
  get unread(): boolean {
    return this.#functions === undefined;
  }

  /** Memory that its functions take, in bytes. */
  get size(): number {
    return this.#functions?.size ?? 0;
  }

  /** The build id, as hexadecimal digits; `undefined` where it has none, or it cannot be read. */
  get buildId(): string | undefined {
    if (!this.#headers) {
      using file = this.#source.open();
      if (file) this.#readHeaders(file);
    }
    return this.#headers?.buildId;
  }

  /** The functions; `undefined` where they cannot be read. */
  get functions(): AddressTable | undefined {
    if (this.#functions === undefined) this.#functions = attempt(() => this.#read()) ?? null;
    return this.#functions ?? undefined;
  }

  /** From a place in the file to the address that the linker gave it; `undefined` where it has no code there. */
  addressOf(offset: number): number | undefined {
    return this.#headers && addressOf(this.#headers.segments, offset);
  }

  /** Gives the memory of the functions back. */
  forget(): void {
    if (this.#functions) this.#functions = undefined;
  }

  #readHeaders(file: ElfFile): void {
    this.#headers = { segments: file.segments, buildId: attempt(() => buildId(file)) };
  }

  #read(): AddressTable | undefined {
    using file = this.#source.open();
    if (!file) return undefined;
    this.#readHeaders(file);
    return this.#functionsOf(tableIn(file, SYMBOLS.ALL)) ?? this.#debugFunctions(file) ??
      this.#functionsOf(miniDebugTable(file), tableIn(file, SYMBOLS.DYNAMIC));
  }

  #debugFunctions(file: ElfFile): AddressTable | undefined {
    using debug = openDebugFile(file, this.#source.path, this.#source.root);
    return debug && this.#functionsOf(tableIn(debug, SYMBOLS.ALL));
  }

  #functionsOf(...tables: readonly (Table | undefined)[]): AddressTable | undefined {
    const read = tables.filter((table) => table !== undefined);
    return read.length > 0 ? functionsOf(read, this.#source.rename) : undefined;
  }
}

/** The symbols of a type; `undefined` where the file has none, or is damaged. */
function tableIn(file: ElfFile, type: number): Table | undefined {
  return attempt(() => {
    const section = symbolSection(file, type);
    return section && { file, ...section };
  });
}

/** What a stripped file has of the functions that are not among its dynamic symbols; `undefined` where it has nothing. */
function miniDebugTable(file: ElfFile): Table | undefined {
  const mini = attempt(() => miniDebugFile(file));
  return mini && tableIn(mini, SYMBOLS.ALL);
}
