import { assert, assertThrows } from "@std/assert";
import { BtfError, ElfError } from "../../src/errors.ts";
import { linkObjects } from "../../src/linker/mod.ts";
import { test } from "../_harness.ts";
import { fixture } from "./_bpftool.ts";

const MAIN = fixture("main.bpf.o");
const LIBRARY = fixture("library.bpf.o");

/** Numbers of one sequence, so that a failure can be had again (xorshift32). */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Links a damaged object with a sound one, in both orders; gives how many are refused. */
function refusals(bytes: Uint8Array): number {
  const damaged = { name: "damaged.o", bytes };
  let refused = 0;
  for (const objects of [[damaged, LIBRARY], [LIBRARY, damaged]]) {
    try {
      linkObjects(objects);
    } catch (error) {
      if (!(error instanceof ElfError || error instanceof BtfError)) throw error;
      refused++;
    }
  }
  return refused;
}

test("nothing but ElfError and BtfError comes of changed bytes, and that soon", () => {
  const random = randomFrom(0x2545f491);
  const started = performance.now();
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = MAIN.bytes.slice();
    for (let change = 0; change <= random(3); change++) {
      // The headers of sections are at the end, and decide the most
      const at = random(3) === 0 ? bytes.length - 1 - random(20 * 64) : random(bytes.length);
      bytes[at] = random(2) === 0 ? [0, 1, 0x7f, 0x80, 0xfe, 0xff][random(6)] ?? 0 : random(256);
    }
    refused += refusals(bytes);
  }
  assert(refused > 100, `${refused} of 800 are refused`);
  assert(performance.now() - started < 120_000, "it takes too long");
});

test("nothing but ElfError and BtfError comes of what headers of sections can say, and that soon", () => {
  const sound = new DataView(MAIN.bytes.buffer);
  const headers = Number(sound.getBigUint64(40, true));
  const started = performance.now();
  let refused = 0;
  for (let at = headers + 64; at < headers + 64 * sound.getUint16(60, true); at += 64) {
    // sh_type, sh_flags, sh_offset, sh_size, sh_link, sh_info, sh_addralign, sh_entsize of Elf64_Shdr
    for (
      const [field, size] of [[4, 4], [8, 8], [24, 8], [32, 8], [40, 4], [44, 4], [48, 8], [56, 8]] as const
    ) {
      for (const value of [0n, 8n, 1n << 20n, 1n << 31n, 0xffff_ffff_ffff_fff0n]) {
        const bytes = MAIN.bytes.slice();
        const view = new DataView(bytes.buffer);
        if (size === 8) view.setBigUint64(at + field, value, true);
        else view.setUint32(at + field, Number(BigInt.asUintN(32, value)), true);
        refused += refusals(bytes);
      }
    }
  }
  assert(refused > 300, `${refused} are refused`);
  assert(performance.now() - started < 120_000, "it takes too long");
});

test("nothing but ElfError comes of objects that are cut off", () => {
  for (let length = 0; length < MAIN.bytes.length; length += 97) {
    assertThrows(() => linkObjects([{ name: "cut.o", bytes: MAIN.bytes.subarray(0, length) }]), ElfError);
  }
});
