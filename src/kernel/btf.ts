/**
 * The type information of the running kernel.
 *
 * @module
 */
import { type Btf, parseBtf } from "../btf/core.ts";
import { NotSupportedError, SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, fileSize, Mapping, openFile, readFile } from "../sys/mod.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";

let vmlinux: Btf | undefined;

/**
 * The types of the kernel itself, without its modules. Read once a process. Since Linux 5.4 (`CONFIG_DEBUG_INFO_BTF`).
 *
 * @throws {NotSupportedError} The kernel was built without them.
 */
export function kernelBtf(): Btf {
  return vmlinux ??= parseBtf(vmlinuxBytes());
}

function vmlinuxBytes(): Uint8Array {
  try {
    using file = openFile(VMLINUX);
    return mapped(file) ?? readFile(VMLINUX);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.ENOENT) throw cause;
    throw new NotSupportedError(
      `Cannot read the kernel's types: ${VMLINUX} is not there: the kernel needs CONFIG_DEBUG_INFO_BTF=y (Linux 5.4), ` +
        "and /sys must be mounted",
      { cause },
    );
  }
}

/** The file without a copy, for the rest of the process; kernels before 6.16 refuse to map it. */
function mapped(file: Descriptor): Uint8Array | undefined {
  try {
    return new Uint8Array(new Mapping(file, { length: fileSize(file), copy: true }).buffer);
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
