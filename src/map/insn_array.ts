/**
 * Arrays of places in programs.
 *
 * @module
 */
import { type Codec, struct, u32 } from "../codec/mod.ts";
import { ArrayMap } from "./array.ts";
import type { MapKind } from "./kind.ts";

/** A place in a program (`struct bpf_insn_array_value`). Setting one takes `original` alone: the kernel tells the rest. */
export interface ProgramPlace {
  /** The instruction as it was loaded. */
  readonly original: number;
  /** The instruction after the verifier's rewriting; `0xffffffff` where it was removed. */
  readonly translated: number;
  /** In the machine code, in bytes from its start. */
  readonly machineCode: number;
}

const WORDS = struct({ original: u32, translated: u32, machineCode: u32, reserved: u32 }, {
  name: "bpf_insn_array_value",
});

const PLACE: Codec<ProgramPlace> = {
  ...WORDS,
  read(view, at) {
    const { reserved: _, ...place } = WORDS.read(view, at);
    return place;
  },
  write: (view, at, { original }) =>
    WORDS.write(view, at, { original, translated: 0, machineCode: 0, reserved: 0 }),
};

/**
 * Places in a program that jumps go to (`BPF_MAP_TYPE_INSN_ARRAY`). Set before the program is loaded, and frozen then.
 * Since Linux 6.19.
 */
export function insnArray(): MapKind<ArrayMap<ProgramPlace>> {
  return {
    types: ["insn_array"],
    keySize: 4,
    valueSize: PLACE.size,
    value: PLACE,
    open: (handle) => new ArrayMap(handle, PLACE),
  };
}
