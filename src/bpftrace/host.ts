/**
 * What scripts find on this machine.
 *
 * @module
 */
import { ElfFile, SYMBOL_SIZE, SYMBOLS, symbolSection } from "../executable/mod.ts";
import { kernelBtf, kernelSymbols } from "../kernel/mod.ts";
import type { Host } from "../lang/bpftrace/mod.ts";
import { CLOCK, clockTime, fileExists, inodeNumber } from "../sys/mod.ts";

/** What a script is started with. */
export interface HostOptions {
  /** `$1` and on. */
  readonly parameters: readonly string[];
  /** The process that was started for it. */
  readonly child: number | undefined;
  /** Whether it may do harm. */
  readonly unsafe: boolean;
}

/** This machine. */
export function hostOf({ parameters, child, unsafe }: HostOptions): Host {
  return {
    types: kernelBtf,
    parameters,
    child,
    unsafe,
    started: clockTime(CLOCK.BOOTTIME),
    kernelAddress: (name) => kernelSymbols([name]).get(name),
    userAddress,
    cgroupId: (path) => fileExists(path) ? inodeNumber(path) : undefined,
  };
}

const decoder = new TextDecoder();

/** Where the value of a symbol is in its record, in bytes. */
const VALUE_AT = 8;

/** The address of a symbol of a program, as its file says. */
function userAddress(path: string, name: string): bigint | undefined {
  using file = ElfFile.open(path);
  for (const type of [SYMBOLS.ALL, SYMBOLS.DYNAMIC]) {
    const section = symbolSection(file, type);
    if (!section) continue;
    const { symbols, names } = section;
    for (let at = 0; at < symbols.byteLength; at += SYMBOL_SIZE) {
      const start = symbols.getUint32(at, true);
      if (decoder.decode(names.subarray(start, names.indexOf(0, start))) === name) {
        return symbols.getBigUint64(at + VALUE_AT, true);
      }
    }
  }
  return undefined;
}
