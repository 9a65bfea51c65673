/**
 * As much of a kernel as the contract of a `Native` asks for: memory files, in JavaScript.
 *
 * @module
 */
import process from "node:process";
import { type FakeCall, type FakeNative, fakeNative } from "../../ffi/fake.ts";

const EBADF = 9;
const EINVAL = 22;
const MEMFD = 1000;
const PAGE = 65536;

/** A file whose pages are where `mmap` puts them. */
interface File {
  position: number;
  readonly pages: Map<number, bigint>;
}

/** A fake with memory files. */
export function fakeFiles(): FakeNative {
  let file: File | undefined;

  const calls: Partial<Record<FakeCall["name"], (call: FakeCall, args: number[]) => number>> = {
    unknown: () => process.pid,
    bpf: () => -EINVAL,
    memfd_create() {
      file = { position: 0, pages: new Map() };
      return MEMFD;
    },
    close: (_, [fd]) => onFile(fd, () => (file = undefined, 0)),
    lseek: ({ args }, [fd, , whence]) =>
      onFile(fd, (file) => {
        const to = Number(BigInt.asIntN(64, BigInt(args[1] ?? 0))) + (whence === 1 ? file.position : 0);
        return to < 0 ? -EINVAL : (file.position = to);
      }),
    read: ({ memory, args: [, to = 0] }, [fd, , size = 0]) =>
      onFile(fd, (file) => (memory(to, size).set(at(file, memory, size)), size)),
    write: ({ memory, args: [, from = 0] }, [fd, , size = 0]) =>
      onFile(fd, (file) => (at(file, memory, size).set(memory(from, size)), size)),
    mmap: (_, [, , , , fd, offset = 0]) => onFile(fd, (file) => Number(page(file, offset / PAGE))),
    munmap: () => 0,
  };

  const native = fakeNative((call) => calls[call.name]?.(call, call.args.map(Number)) ?? -38);
  return native;

  function onFile(fd: number | undefined, body: (file: File) => number): number {
    return fd === MEMFD && file ? body(file) : -EBADF;
  }

  function page(file: File, index: number): bigint {
    const known = file.pages.get(index) ?? native.map(PAGE);
    file.pages.set(index, known);
    return known;
  }

  function at(file: File, memory: FakeCall["memory"], size: number): Uint8Array {
    const address = page(file, Math.floor(file.position / PAGE));
    return memory(address + BigInt(file.position % PAGE), size);
  }
}
