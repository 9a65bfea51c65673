/**
 * A kernel that answers `BPF_PROG_LOAD` as a test wants.
 *
 * @module
 */
import { type FakeNative, fakeNative } from "../../ffi/fake.ts";
import { PROG_LOAD_ATTR } from "../../src/uapi/mod.ts";

/** What a test sees of a load, and may fill. */
export interface Loading {
  /** A field of up to 4 bytes of the attributes. */
  get(field: keyof typeof PROG_LOAD_ATTR.fields): number;
  /** The size that the kernel says the log has. */
  setTrueSize(size: number): void;
  /** Writes the log, as much of it as there is room for. */
  writeLog(text: string): void;
}

/** How the kernel is. */
export interface LoadingKernel {
  /** As `uname -r` prints it. */
  readonly release: string;
  /** Files that it has beside those of its version, or instead of them, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** The descriptor of the program, or the negative error number. */
  answer(loading: Loading): number;
}

const PROG_LOAD = 5;

/** The descriptor that all other commands of bpf(2) give. */
export const OTHER = 33;

const FILES = ["/proc/sys/kernel/osrelease", "/proc/sys/kernel/version", "/proc/self/status"] as const;

/** Makes such a kernel, in which the process has all capabilities unless its files say otherwise. */
export function loadingKernel({ release, files = {}, answer }: LoadingKernel): FakeNative {
  const contents: Record<string, string> = {
    [FILES[0]]: `${release}\n`,
    [FILES[1]]: "#1 SMP\n",
    [FILES[2]]: "CapEff:\t000001ffffffffff\n",
    "/sys/fs/bpf": "",
    ...files,
  };
  let open = new Uint8Array(0);
  return fakeNative(({ name, args, memory }) => {
    if (name === "openat") {
      const text = contents[textAt(memory, args[1] ?? 0)];
      if (text === undefined) return -2;
      open = new TextEncoder().encode(text);
      return 9;
    }
    if (name === "read") {
      const part = open.subarray(0, Number(args[2]));
      memory(args[1] ?? 0, part.length).set(part);
      open = open.subarray(part.length);
      return part.length;
    }
    if (name !== "bpf") return 0;
    if (args[0] !== PROG_LOAD) return OTHER;
    const bytes = memory(args[1] ?? 0, PROG_LOAD_ATTR.size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return answer({
      get: (field) => view.getUint32(PROG_LOAD_ATTR.fields[field][0], true),
      setTrueSize: (size) => view.setUint32(PROG_LOAD_ATTR.fields.log_true_size[0], size, true),
      writeLog(text) {
        const size = view.getUint32(PROG_LOAD_ATTR.fields.log_size[0], true);
        if (size === 0) return;
        const log = memory(view.getBigUint64(PROG_LOAD_ATTR.fields.log_buf[0], true), size);
        log.set(new TextEncoder().encode(text).subarray(0, size - 1));
      },
    });
  });
}

function textAt(
  memory: (address: number | bigint, size: number) => Uint8Array,
  address: number | bigint,
): string {
  for (let size = 1;; size++) {
    const bytes = memory(address, size);
    if (bytes[size - 1] === 0) return new TextDecoder().decode(bytes.subarray(0, size - 1));
  }
}
