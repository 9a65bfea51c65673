/**
 * A kernel that shows files of a test's making, and nothing else.
 *
 * @module
 */
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";

/** Shows these files, by their paths, until it is disposed of; a number is the result where that cannot be opened. */
export function withFiles(files: Readonly<Record<string, string | number>>): Disposable {
  let open = new Uint8Array(0);
  return useNative(fakeNative(({ name, args, memory }) => {
    const [, address = 0, size = 0] = args;
    if (name === "openat") {
      const text = files[textAt(memory, address)] ?? -2;
      if (typeof text === "number") return text;
      open = new TextEncoder().encode(text);
      return 9;
    }
    if (name !== "read") return 0;
    const part = open.subarray(0, Number(size));
    memory(address, part.length).set(part);
    open = open.subarray(part.length);
    return part.length;
  }));
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
