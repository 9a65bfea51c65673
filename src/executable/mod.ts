/**
 * Programs and shared libraries of user space as files: what is where in them, and which build they are of.
 *
 * @module
 */
export { addressOf, ElfFile, offsetOf } from "./file.ts";
export { number64, type Section, type Segment } from "./headers.ts";
export { buildId, crc32, type DebugLink, debugLink } from "./identity.ts";
export { miniDebugFile } from "./mini_debug.ts";
export {
  SYMBOL_SIZE,
  SYMBOLS,
  type SymbolSection,
  symbolSection,
  symbolTable,
  unversioned,
} from "./symbols.ts";
