/**
 * Kernel functions as object files.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import type { Compiled } from "../lang/mod.ts";
import { encodeObject } from "../linker/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { FunctionSource } from "./_source.ts";

/** The object file of a function, with the maps that it has now. */
export function objectOf(source: FunctionSource, compiled: Compiled): Uint8Array {
  const { section, program } = source.options;
  if (section === undefined) {
    throw new NotSupportedError(
      `Cannot write an object file of "${program.name}": libbpf has no section for where it attaches`,
    );
  }
  const maps = Object.entries(source.maps(compiled)).map(([name, map]) => {
    const { type, keySize, valueSize, maxEntries, flags } = map.info;
    return { name, type: mapType(type), keySize, valueSize, maxEntries, flags };
  });
  const instructions = source.lined(compiled);
  return encodeObject({ name: program.name, section, license: "GPL", instructions, maps });
}

function mapType(name: string): number {
  return Object.entries(BPF_MAP_TYPE).find(([known]) => known.toLowerCase() === name)?.[1] ?? 0;
}
