import { BtfError, BytecodeError } from "../errors.ts";
import type { MapSpec, ObjectSpec } from "../spec/mod.ts";
import { addArenaData, readData } from "./data.ts";
import { ElfFile } from "./file.ts";
import { findFunctions } from "./functions.ts";
import { kconfigMap } from "./kconfig.ts";
import { findUndeclared, readKsyms } from "./ksyms.ts";
import { arrangeSections, type Layout } from "./layout.ts";
import { readLegacyMaps } from "./legacy_maps.ts";
import { addValues } from "./map_values.ts";
import { readMaps } from "./maps.ts";
import { readPrograms } from "./programs.ts";
import { collectTargets } from "./relocations.ts";
import { readStructOps } from "./struct_ops.ts";
import { readTypes } from "./types.ts";

/**
 * Reads an object file that a compiler made for BPF, by the conventions of libbpf. The result depends on the bytes
 * alone, not on the machine.
 *
 * Beyond libbpf it reads maps without BTF (section `maps`), static functions and calls outside of `.text`, and symbols
 * of the kernel in objects without BTF. What refers to something that another object file defines is refused.
 *
 * @param name What messages call the file.
 *
 * @throws {ElfError} The bytes are no BPF object, are damaged, or hold something that is not read.
 *
 * @example
 * ```ts
 * import { parseElf } from "@waggle/ebpf/elf";
 *
 * function listPrograms(bytes: Uint8Array): string[] {
 *   return parseElf(bytes, "opensnoop.bpf.o").programs.map(({ name, section }) => `${name} in ${section}`);
 * }
 * ```
 */
export function parseElf(bytes: Uint8Array, name = "object"): ObjectSpec {
  const file = new ElfFile(bytes, name);
  try {
    return readObject(file);
  } catch (cause) {
    if (cause instanceof BtfError || cause instanceof BytecodeError) {
      throw file.error(cause.message, undefined, cause);
    }
    throw cause;
  }
}

function readObject(file: ElfFile): ObjectSpec {
  const layout = arrangeSections(file);
  const types = readTypes(file, layout);
  const functions = findFunctions(file, layout);
  const maps = [...readMaps(file, layout, types), ...readLegacyMaps(file, layout, types)];
  const own = addArenaData(file, layout, addValues(file, layout, maps, functions));
  const data = readData(file, layout, types);
  const { btf, info, kconfig = [] } = types ?? {};
  const declared = btf === undefined ? [] : readKsyms(file, btf);
  const targets = collectTargets(file, layout, { functions, maps, ksyms: declared, kconfig, btf });
  const programs = readPrograms(file, layout, targets, info, types?.tags ?? new Map());
  const spec = {
    byteOrder: file.byteOrder,
    license: readLicense(file, layout),
    kernelVersion: readVersion(file, layout),
    maps: [
      ...own,
      ...data.maps,
      ...kconfigMap(kconfig, btf),
      ...readStructOps(file, layout, types, functions),
    ],
    programs,
    variables: data.variables,
    ksyms: [...declared, ...findUndeclared(programs, declared)],
  };
  assertUnique(file, spec.maps);
  return btf === undefined ? spec : { ...spec, btf };
}

/** Instructions refer to maps by their names. */
function assertUnique(file: ElfFile, maps: readonly MapSpec[]): void {
  const names = new Set<string>();
  for (const { name } of maps) {
    if (names.has(name)) throw file.error(`it has map "${name}" twice`);
    names.add(name);
  }
}

function readLicense(file: ElfFile, layout: Layout): string {
  const section = layout.named.get("license");
  if (section === undefined) return "";
  const bytes = file.bytesOf(section);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function readVersion(file: ElfFile, layout: Layout): number {
  const section = layout.named.get("version");
  if (section === undefined) return 0;
  const bytes = file.bytesOf(section);
  if (bytes.length !== 4) {
    throw file.error(`section "version" has ${bytes.length} bytes, not 4`, section.offset);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, file.byteOrder === "little");
}
