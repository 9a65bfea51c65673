/**
 * The type information of the running kernel.
 *
 * @module
 */
import { type Btf, parseBtf } from "../btf/core.ts";
import { NotSupportedError, SyscallError } from "../errors.ts";
import {
  allocate,
  type Descriptor,
  ERRNO,
  fileSize,
  Mapping,
  objInfo,
  openById,
  openFile,
  readFile,
  textOf,
} from "../sys/mod.ts";
import { BTF_INFO } from "../uapi/mod.ts";

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

/**
 * The BTF that the kernel has under an id: that of an object, or its own.
 *
 * @throws {SyscallError} There is none, or the process lacks `CAP_SYS_ADMIN`.
 */
export function btfOfId(id: number): Btf {
  using descriptor = openById("BTF", id);
  const { kernel, name, size } = describeBtf(descriptor);
  if (kernel && name === "vmlinux") return kernelBtf();
  const bytes = allocate(size);
  objInfo(descriptor, BTF_INFO, { btf: bytes, btf_size: size });
  return parseBtf(bytes, kernel ? { base: kernelBtf() } : {});
}

/** What the kernel tells of BTF that it has. */
export interface BtfDescription {
  /** Whether it is of the kernel or a module of it, rather than of an object. */
  readonly kernel: boolean;
  /** `vmlinux`, or that of the module; empty for objects. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

const NAME_SIZE = 64; // MODULE_NAME_LEN

/** Describes BTF of the kernel (`struct bpf_btf_info`). */
export function describeBtf(descriptor: Descriptor): BtfDescription {
  const name = allocate(NAME_SIZE);
  const info = objInfo(descriptor, BTF_INFO, { name, name_len: name.length });
  return { kernel: info.get("kernel_btf") === 1, name: textOf(name), size: info.get("btf_size") };
}
