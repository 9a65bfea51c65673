/** Files whose texts a test gives, and no others. */
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";

const ENOENT = 2;

/** Answers openat and read with these texts, by path, until the result is disposed of. */
export function useTexts(texts: Readonly<Record<string, string>>): Disposable {
  let left = new Uint8Array(0);
  return useNative(fakeNative(({ name, args: [, at = 0], memory }) => {
    if (name === "openat") {
      const text = texts[pathAt(BigInt(at), memory)];
      left = new TextEncoder().encode(text);
      return text === undefined ? -ENOENT : 3;
    }
    if (name !== "read") return 0;
    const part = left;
    memory(at, part.length).set(part);
    left = new Uint8Array(0);
    return part.length;
  }));
}

function pathAt(address: bigint, memory: (address: bigint, size: number) => Uint8Array): string {
  let length = 0;
  while (memory(address + BigInt(length), 1)[0] !== 0) length++;
  return new TextDecoder().decode(memory(address, length));
}
