/**
 * BTF for maps whose keys and values the kernel wants to know the types of.
 *
 * @module
 */
import { BtfBuilder } from "../btf/core.ts";
import { NotSupportedError } from "../errors.ts";
import { btfLoad, type Descriptor, errorName } from "../sys/mod.ts";

/** Types in the kernel. */
export interface LocalTypes extends Disposable {
  readonly btf: Descriptor;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** An `int` of the key's size, and an array of bytes of the value's. */
export function localTypes(keySize: number, valueSize: number): LocalTypes {
  const builder = new BtfBuilder();
  const keyTypeId = builder.add(integer("int", keySize, true));
  const byte = builder.add(integer("unsigned char", 1, false));
  const valueTypeId = builder.add({
    kind: "array",
    name: "",
    typeId: byte,
    indexTypeId: keyTypeId,
    length: valueSize,
  });
  const bytes = builder.encode();
  const { btf, errno } = btfLoad({ btf: bytes, btf_size: bytes.length });
  if (!btf) {
    throw new NotSupportedError(`Cannot load BTF for a map (${errorName(errno)}): this kernel has none`);
  }
  return { btf, keyTypeId, valueTypeId, [Symbol.dispose]: () => btf.close() };
}

function integer(name: string, size: number, signed: boolean) {
  return { kind: "int", name, size, bits: size * 8, bitOffset: 0, signed, bool: false, char: false } as const;
}
