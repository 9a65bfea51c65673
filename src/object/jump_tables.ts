/**
 * Tables of places that a program jumps to by index (`gotox`).
 *
 * @module
 */
import { u32 } from "../codec/mod.ts";
import { NotSupportedError } from "../errors.ts";
import { createMapDescriptor, plainMap } from "../map/mod.ts";
import type { JumpTable } from "../spec/mod.ts";
import type { Descriptor } from "../sys/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import { setElement } from "./maps.ts";

/** `struct bpf_insn_array_value`: the place before the verifier's rewriting, then three words for the kernel. */
const VALUE_SIZE = 16;

/**
 * Makes the map that stands for a jump table, which the program it is for keeps from then on.
 *
 * @throws {NotSupportedError} The kernel has no such maps.
 */
export function createJumpTable({ name, slots }: JumpTable, program: string): Descriptor {
  using undo = new DisposableStack();
  const map = undo.use(plainMap(createTable(name, slots.length, program), name));
  const value = new DataView(new ArrayBuffer(VALUE_SIZE));
  for (const [index, slot] of slots.entries()) {
    u32.write(value, 0, slot);
    setElement(map, index, new Uint8Array(value.buffer));
  }
  map.freeze();
  undo.move();
  return map.descriptor;
}

function createTable(name: string, length: number, program: string): Descriptor {
  try {
    const sizes = { keySize: 4, valueSize: VALUE_SIZE, maxEntries: length };
    return createMapDescriptor({ type: BPF_MAP_TYPE.INSN_ARRAY, name, ...sizes, flags: 0 });
  } catch (cause) {
    if (!(cause instanceof NotSupportedError)) throw cause;
    throw new NotSupportedError(
      `Cannot load program "${program}": this kernel has no jump tables: compile with -fno-jump-tables`,
      { cause },
    );
  }
}
