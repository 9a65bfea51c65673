import type { MapSpec } from "../spec/mod.ts";
import { STB_LOCAL, STT_OBJECT } from "./_constants.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "./file.ts";
import type { Layout } from "./layout.ts";
import { type DefinedMap, kernelSizes, taggedWith } from "./maps.ts";
import type { ObjectTypes } from "./types.ts";

/** `struct bpf_map_def` of libbpf before 1.0: type, size of key and value, number of elements, flags. */
const KNOWN_SIZE = 20;
/** `struct bpf_elf_map` of iproute2, which adds id, pinning, inner_id and inner_idx. */
const IPROUTE2_SIZE = 36;
const IPROUTE2_PINNING = 24;
/** `PIN_GLOBAL_NS` of iproute2: under the name of the map, for all. */
const IPROUTE2_PIN_BY_NAME = 2;
/** `struct bpf_map_def` of goebpf, which adds the pointers inner_map_def and persistent_path. */
const GOEBPF_SIZE = 40;
const GOEBPF_INNER = 24;
const GOEBPF_PATH = 32;

/**
 * Reads the maps that the variables in `maps` are, in the order of the section. libbpf no longer does since 1.0.
 *
 * @throws {ElfError} A definition is cut off, or shares bytes with another one.
 */
export function readLegacyMaps(file: ElfFile, layout: Layout, types: ObjectTypes | undefined): DefinedMap[] {
  const section = layout.named.get("maps");
  if (section === undefined) return [];
  const reader = new LegacyReader(file, layout, section, types);
  const places = reader.places();
  // Templates of maps in maps first, so that all others find them.
  const plain = new Map(places.map((place) => [place.name, reader.read(place)]));
  return places.map((place) => {
    const spec = plain.get(place.name) ?? reader.read(place);
    const inner = plain.get(reader.innerOf(place) ?? "");
    return {
      spec: inner === undefined ? spec : { ...spec, inner },
      section: section.index,
      offset: place.value,
      size: place.size,
    };
  });
}

/** The place of a definition. */
type Place = Pick<ElfSymbol, "name" | "value" | "size">;

class LegacyReader {
  readonly #file: ElfFile;
  readonly #section: ElfSection;
  readonly #view: DataView;
  readonly #types: ObjectTypes | undefined;
  /** What pointers point to, by their offsets. */
  readonly #pointers: ReadonlyMap<number, ElfSymbol>;

  constructor(file: ElfFile, layout: Layout, section: ElfSection, types: ObjectTypes | undefined) {
    const bytes = file.bytesOf(section);
    const table = layout.relocations.get(section.index);
    this.#file = file;
    this.#section = section;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#types = types;
    this.#pointers = new Map(
      table === undefined ? [] : file.relocationsIn(table).map(({ offset, symbol }) => [offset, symbol]),
    );
  }

  /** The definitions, by their offsets; each as long as its symbol says, or else up to the next one. */
  places(): Place[] {
    const { index, size: end, offset } = this.#section;
    const symbols = this.#file.symbols
      .filter(({ section, name }) => section === index && name !== "")
      .sort((a, b) => a.value - b.value);
    return symbols.map(({ name, value, size, binding, type }, at) => {
      if (binding === STB_LOCAL && type === STT_OBJECT) {
        throw this.#file.error(`map "${name}" is static: declare it without "static"`);
      }
      const next = symbols[at + 1]?.value ?? end;
      const length = size === 0 ? next - value : size;
      if (length < KNOWN_SIZE || value + length > next || next > end) {
        throw this.#file.error(`map "${name}" has ${length} bytes at ${value} of "maps"`, offset);
      }
      return { name, value, size: length };
    });
  }

  read(place: Place): MapSpec {
    const { name, value: at, size } = place;
    const variable = this.#types?.btf.find(name, "variable");
    const type = this.#word(at);
    return {
      name,
      type,
      keySize: this.#word(at + 4),
      valueSize: this.#word(at + 8),
      ...kernelSizes(type),
      maxEntries: this.#word(at + 12),
      flags: this.#word(at + 16),
      mapExtra: 0n,
      pinning: this.#isPinned(at, size) ? "byName" : "none",
      keyTypeId: 0,
      valueTypeId: 0,
      frozen: false,
      autocreate: true,
      ...this.#pinPath(place),
      ...this.#extra(place),
      ...taggedWith(this.#types?.tags.get(variable?.id ?? 0)),
    };
  }

  /** The name of the map that is a template for the maps in this one. */
  innerOf({ value, size }: Place): string | undefined {
    return size === GOEBPF_SIZE ? this.#pointers.get(value + GOEBPF_INNER)?.name : undefined;
  }

  #pinPath({ value, size }: Place): Pick<MapSpec, "pinPath"> {
    const at = value + GOEBPF_PATH;
    const symbol = size === GOEBPF_SIZE ? this.#pointers.get(at) : undefined;
    const section = symbol && this.#file.sections[symbol.section];
    if (symbol === undefined || section === undefined) return {};
    const start = symbol.value + this.#word(this.#file.byteOrder === "little" ? at : at + 4);
    const bytes = this.#file.bytesOf(section).subarray(start);
    const end = bytes.indexOf(0);
    if (end < 0) {
      throw this.#file.error(`the path at ${start} of "${section.name}" has no end`, section.offset);
    }
    return { pinPath: new TextDecoder().decode(bytes.subarray(0, end)) };
  }

  /** What follows the known fields; those of goebpf are pointers, which are no bytes. */
  #extra({ value, size }: Place): Pick<MapSpec, "extra"> {
    if (size === GOEBPF_SIZE) return {};
    const { buffer, byteOffset } = this.#view;
    const extra = new Uint8Array(buffer, byteOffset + value + KNOWN_SIZE, size - KNOWN_SIZE);
    const pinning = IPROUTE2_PINNING - KNOWN_SIZE;
    const understood = (at: number) => at >= pinning && at < pinning + 4 && this.#isPinned(value, size);
    return extra.some((byte, at) => byte !== 0 && !understood(at)) ? { extra } : {};
  }

  #isPinned(at: number, size: number): boolean {
    return size === IPROUTE2_SIZE && this.#word(at + IPROUTE2_PINNING) === IPROUTE2_PIN_BY_NAME;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, this.#file.byteOrder === "little");
  }
}
