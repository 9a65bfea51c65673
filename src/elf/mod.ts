/**
 * Object files: from the bytes that clang writes to blueprints of maps, programs and variables.
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
