/**
 * Object files: from the bytes that clang writes to blueprints of maps, programs and variables.
 *
 * @example What an object holds, without loading it
 * ```ts ignore
 * import { parseElf } from "@waggle/ebpf/elf";
 *
 * const { maps, programs } = parseElf(Deno.readFileSync("exec.bpf.o"), "exec");
 * console.log(maps.map(({ name }) => name), programs.map(({ section }) => section));
 * ```
 *
 * @module
 */
export { parseAttachTo } from "./attach.ts";
export { ElfFile, type ElfRelocation, type ElfSection, type ElfSymbol } from "./file.ts";
export { libbpfMapName, objectName } from "./map_name.ts";
export { parseElf } from "./parse.ts";
export { elfSection } from "./section.ts";
export { parseSectionName } from "./sections.ts";
export type { ProgramSection } from "./sections.ts";
