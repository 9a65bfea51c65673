/**
 * Where programs and libraries lie that are given by their names alone.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { directoryNames, fileExists, readFile, readTextFile, textOf } from "../sys/mod.ts";

/** Folders of libraries, beside those that the cache of the dynamic linker knows. */
const LIBRARY_FOLDERS = ["lib", "lib64"].flatMap((name) => [
  ...["x86_64-linux-gnu", "aarch64-linux-gnu"].map((machine) => `/usr/${name}/${machine}`),
  `/usr/local/${name}`,
  `/usr/${name}`,
  `/${name}`,
]);

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/**
 * The path of a program or library: as it is where it has a slash; of a name such as `libc` or `libssl.so.3` among the
 * libraries, of any other along `PATH`.
 *
 * @throws {NotFoundError} There is no such file.
 */
export function userPath(path: string): string {
  if (path.includes("/")) return path;
  const isLibrary = path.startsWith("lib") || path.includes(".so");
  const found = isLibrary ? library(path) ?? program(path) : program(path);
  if (found !== undefined) return found;
  throw new NotFoundError(
    `Cannot find ${JSON.stringify(path)}: it is neither in PATH nor among the libraries: give its whole path`,
  );
}

function program(name: string): string | undefined {
  if (name === "") return undefined;
  const environment = readTextFile("/proc/self/environ").split("\0");
  const path = environment.find((line) => line.startsWith("PATH="))?.slice("PATH=".length) ?? DEFAULT_PATH;
  return path.split(":").map((folder) => `${folder}/${name}`).find(fileExists);
}

function library(name: string): string | undefined {
  const matches = (file: string) => file === name || !name.includes(".so") && isVersionOf(file, name);
  for (const [file, path] of cachedLibraries()) {
    if (matches(file) && fileExists(path)) return path;
  }
  for (const folder of LIBRARY_FOLDERS) {
    const file = filesIn(folder).filter(matches).sort((a, b) => a.length - b.length)[0];
    if (file !== undefined) return `${folder}/${file}`;
  }
  return undefined;
}

function isVersionOf(file: string, name: string): boolean {
  return file === `${name}.so` || file.startsWith(`${name}.so.`);
}

/** The start of `struct cache_file_new` of glibc (`sysdeps/generic/dl-cache.h`). */
const MAGIC = new TextEncoder().encode("glibc-ld.so.cache1.1");
const HEADER_SIZE = 48;
const ENTRY_SIZE = 24;
/** `FLAG_X8664_LIB64` and `FLAG_AARCH64_LIB64` with `FLAG_ELF_LIBC6`: libraries of 64 bits. */
const FLAGS: readonly number[] = [0x0303, 0x0a03];

/** File names and paths of libraries, as the dynamic linker finds them. */
function* cachedLibraries(): Generator<[file: string, path: string]> {
  const bytes = cache();
  const start = indexOf(bytes, MAGIC); // files for old programs have an older table before it
  if (start < 0) return;
  const table = bytes.subarray(start);
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const entries = Math.min(view.getUint32(MAGIC.length, true), (table.length - HEADER_SIZE) / ENTRY_SIZE);
  for (let i = 0; i < entries; i++) {
    const at = HEADER_SIZE + i * ENTRY_SIZE;
    if (!FLAGS.includes(view.getUint32(at, true))) continue;
    const [file, path] = [at + 4, at + 8].map((field) => textOf(table.subarray(view.getUint32(field, true))));
    if (file && path) yield [file, path];
  }
}

function cache(): Uint8Array {
  try {
    return readFile("/etc/ld.so.cache");
  } catch (error) {
    if (error instanceof SyscallError) return new Uint8Array(0); // of musl, or none
    throw error;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

function filesIn(folder: string): string[] {
  try {
    return directoryNames(folder);
  } catch (error) {
    if (error instanceof SyscallError) return [];
    throw error;
  }
}
