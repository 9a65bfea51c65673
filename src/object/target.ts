/**
 * What an object is relocated for.
 *
 * @module
 */
import { type Btf, parseBtf } from "../btf/core.ts";
import { elfSection } from "../elf/mod.ts";
import { ElfError } from "../errors.ts";
import { kernelBtf, moduleBtfs } from "../kernel/mod.ts";

/** The types of a kernel, then those of its modules, which are read when they are asked for. */
export type Target = Iterable<Btf>;

/** The kernel that runs. */
export const RUNNING_KERNEL: Target = {
  *[Symbol.iterator]() {
    yield kernelBtf();
    for (const { btf } of moduleBtfs()) yield btf;
  },
};

const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/**
 * Another kernel, by its BTF, or by an ELF file that has some, such as `vmlinux`.
 *
 * @throws {ElfError} The ELF file is damaged, or has no section `.BTF`.
 * @throws {BtfError} The types are damaged.
 */
export function otherKernel(bytes: Uint8Array): Target {
  if (!ELF_MAGIC.every((byte, i) => bytes[i] === byte)) return [parseBtf(bytes)];
  const section = elfSection(bytes, ".BTF");
  if (section) return [parseBtf(section)];
  throw new ElfError("Cannot relocate for another kernel: the ELF file has no section .BTF");
}
