/**
 * Tokens: what a BPF file system delegates to processes without capabilities.
 *
 * @module
 */
import { type Descriptor, openFile, tokenCreate } from "../sys/mod.ts";

/**
 * A token of the BPF file system that is mounted at a path. Since Linux 6.9.
 *
 * @throws {SyscallError} It delegates nothing, or the process is in another user namespace.
 */
export function openToken(path: string): Descriptor {
  using directory = openFile(path);
  return tokenCreate(directory);
}
