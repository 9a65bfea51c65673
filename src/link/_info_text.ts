/**
 * Texts of what the kernel knows about links.
 *
 * @module
 */
import { allocate, type Descriptor, objInfo, textOf } from "../sys/mod.ts";
import { LINK_INFO } from "../uapi/mod.ts";

/** Paths and names that are longer are cut (`PATH_MAX`). */
const LONGEST = 4096;

type Field = keyof typeof LINK_INFO["fields"];

/** A text that the kernel writes to a buffer of the caller's. */
export function named(link: Descriptor, pointer: Field, size: Field): string {
  const buffer = allocate(LONGEST);
  objInfo(link, LINK_INFO, { [pointer]: buffer, [size]: buffer.length });
  return textOf(buffer);
}
