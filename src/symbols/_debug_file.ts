/**
 * Files with the symbols that others were stripped of.
 *
 * @module
 */
import { buildId, crc32, type DebugLink, debugLink, ElfFile } from "../executable/mod.ts";
import { attempt } from "./_read.ts";

const FOLDER = "/usr/lib/debug";
/** Of a file that is read for its checksum at once. */
const CHUNK = 1 << 22;

/**
 * Opens the file with the symbols of another, as debuggers find it: by the build id, or by its name and checksum; `undefined`
 * where there is none. The caller closes it.
 *
 * @param file Which was stripped.
 * @param path Where the process has it.
 * @param root Before paths of the process: `/proc/PID/root`, or empty.
 */
export function openDebugFile(file: ElfFile, path: string, root: string): ElfFile | undefined {
  const id = attempt(() => buildId(file));
  if (id !== undefined && id.length > 2) {
    const name = `${FOLDER}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
    const found = openIf(new Set([root + name, name]), (other) => buildId(other) === id);
    if (found) return found;
  }
  const link = attempt(() => debugLink(file));
  if (!link) return undefined;
  const folder = path.slice(0, path.lastIndexOf("/"));
  const places = [folder, `${folder}/.debug`, FOLDER + folder].map((place) => `${root}${place}/${link.name}`);
  return openIf(new Set(places), (other) => isLinked(other, id, link));
}

function isLinked(file: ElfFile, id: string | undefined, { crc }: DebugLink): boolean {
  const other = buildId(file);
  return id !== undefined && other !== undefined ? id === other : checksum(file) === crc;
}

function openIf(paths: Iterable<string>, isRight: (file: ElfFile) => boolean): ElfFile | undefined {
  for (const path of paths) {
    const found = attempt(() => {
      using undo = new DisposableStack();
      const file = undo.use(ElfFile.open(path));
      if (!isRight(file)) return undefined;
      undo.move();
      return file;
    });
    if (found) return found;
  }
  return undefined;
}

function checksum(file: ElfFile): number {
  let crc = 0;
  for (let offset = 0; offset < file.size; offset += CHUNK) {
    crc = crc32(file.bytes({ offset, size: Math.min(CHUNK, file.size - offset) }), crc);
  }
  return crc;
}
