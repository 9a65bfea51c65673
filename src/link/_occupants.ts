/**
 * Programs and links that are there already, by name.
 *
 * @module
 */
import { PermissionError, SyscallError } from "../errors.ts";
import { objInfo, openById } from "../sys/mod.ts";
import { PROG_INFO } from "../uapi/mod.ts";
import type { LinkInfo } from "./info.ts";
import { listLinks } from "./open.ts";

/** The name of a program by its id; empty where the process may not ask, or it has gone. */
export function programName(id: number): string {
  try {
    using program = openById("PROG", id);
    return objInfo(program, PROG_INFO, {}).text("name");
  } catch (error) {
    if (error instanceof SyscallError) return "";
    throw error;
  }
}

/** A program in messages: `program "drop" (id 7)`. */
export function namedProgram(id: number): string {
  const name = programName(id);
  return name === "" ? `program ${id}` : `program "${name}" (id ${id})`;
}

/** The links of the kernel that fulfil a condition; none where the process may not ask. */
export function linksWhere(holds: (link: LinkInfo) => boolean): LinkInfo[] {
  try {
    return listLinks().filter(holds);
  } catch (error) {
    if (error instanceof PermissionError || error instanceof SyscallError) return [];
    throw error;
  }
}
