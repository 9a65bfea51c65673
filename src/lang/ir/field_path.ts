/**
 * Fields of the kernel's structs by their names, which other kernels may have at other places.
 *
 * @module
 */

/** A way into a struct. */
export interface FieldPath {
  /** The struct, in the BTF of the kernel. */
  readonly root: number;
  /** Members by their names, elements by their numbers. */
  readonly steps: readonly (string | number)[];
}
