/**
 * The small file with symbols that a stripped one may have in itself ("MiniDebugInfo" of gdb's manual), as Fedora's do.
 *
 * @module
 */
import { unpackXz } from "../sys/mod.ts";
import { ElfFile } from "./file.ts";

/** The most that is read of one, unpacked or not, in bytes: damaged or made up files may say anything. */
const MOST_BYTES = 1 << 27;

/**
 * Unpacks it (`.gnu_debugdata`): its symbols are of the functions that are not among the dynamic ones. `undefined` where the
 * file has none.
 *
 * @throws {ElfError} It is damaged.
 * @throws {NotSupportedError} This machine has no liblzma.
 */
export function miniDebugFile(file: ElfFile): ElfFile | undefined {
  const section = file.sectionNamed(".gnu_debugdata");
  if (!section) return undefined;
  const bytes = section.size <= MOST_BYTES ? unpackXz(file.bytes(section), MOST_BYTES) : undefined;
  if (!bytes) throw file.error("its packed symbols (.gnu_debugdata) are damaged or too large");
  return ElfFile.of(bytes, ".gnu_debugdata");
}
