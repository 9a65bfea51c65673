/**
 * {@linkcode Native} by `bun:ffi`.
 *
 * @module
 */
import { NotSupportedError } from "../src/errors.ts";
import { systemCalls } from "./arch.ts";
import { openBunWait } from "./bun_wait.ts";
import { type Arch, LIBLZMA, type LzmaDecode, type Native, type Word } from "./native.ts";
import { stubCode } from "./stub.ts";

const LIBC = "libc.so.6";
const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const SEVEN_WORDS = ["i64", "i64", "i64", "i64", "i64", "i64", "i64"] as const;

const FENCE = new Int32Array(1);

type Function = (...values: readonly Word[]) => Word;

/** The part of `bun:ffi` in use. */
export interface BunFfi {
  dlopen(path: string, symbols: Record<string, BunSymbol>): { symbols: Record<string, Function> };
  CFunction(symbol: BunSymbol & { readonly ptr: number }): Function;
  ptr(buffer: ArrayBufferLike): number;
  toArrayBuffer(address: number, offset: number, length: number): ArrayBuffer;
}

/** The part of the `process` global in use. */
interface BunProcess {
  readonly platform: string;
  readonly arch: string;
  getBuiltinModule(name: string): unknown;
}

interface BunSymbol {
  readonly args: readonly string[];
  readonly returns: string;
}

interface Calls {
  readonly via: "stub" | "libc";
  syscall(...words: readonly Word[]): number;
  bpf(command: number, attr: bigint, size: number): number;
  acquire(words: Int32Array, index: number): number;
}

/** Opens Bun's door to the kernel; `undefined` in other runtimes. `via` forces a way to call, for tests. */
export function openBun(via?: "stub" | "libc"): Native | undefined {
  if (!("Bun" in globalThis)) return undefined;
  // Not imports: bundlers for Deno would hoist bun:ffi and the bundle would fail there, and node:process costs Deno 15 ms.
  const { process } = globalThis as typeof globalThis & { process: BunProcess };
  const ffi = process.getBuiltinModule("bun:ffi") as BunFfi | undefined;
  if (!ffi) throw new NotSupportedError("Cannot reach the kernel: this Bun has no bun:ffi");
  if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64")) {
    throw new NotSupportedError(
      `Cannot reach the kernel: ${process.platform} on ${process.arch} is not Linux on x86-64 or arm64`,
    );
  }
  const arch = process.arch === "x64" ? "x86_64" : "aarch64";
  const libc = libcCalls(ffi, arch);
  const calls = via === "libc" ? libc : stubCalls(ffi, arch, libc) ?? libc;
  const syscall: Native["syscall"] = (number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0) =>
    calls.syscall(number, a, b, c, d, e, f);
  let decode: LzmaDecode | undefined;
  return {
    runtime: "bun",
    arch,
    via: calls.via,
    syscall,
    bpf: calls.bpf,
    addressOf: (buffer) => buffer.byteLength === 0 ? 0n : BigInt(ffi.ptr(buffer)),
    bufferAt: (address, length) => ffi.toArrayBuffer(Number(address), 0, length),
    acquire: calls.acquire,
    epollWait: openBunWait(ffi, arch, syscall),
    lzma: () => decode ??= openLzma(ffi),
  };
}

function openLzma({ dlopen }: BunFfi): LzmaDecode | undefined {
  const { library, decode, words } = LIBLZMA;
  try {
    const args = Array.from({ length: words }, () => "u64");
    const call = dlopen(library, { [decode]: { args, returns: "i32" } }).symbols[decode];
    return call && ((...values) => Number(call(...values)));
  } catch {
    return undefined;
  }
}

function libcCalls(ffi: BunFfi, arch: Arch): Calls {
  const { symbols } = ffi.dlopen(LIBC, {
    syscall: { args: SEVEN_WORDS, returns: "i64" },
    __errno_location: { args: [], returns: "ptr" },
  });
  const { syscall, __errno_location } = symbols;
  if (!syscall || !__errno_location) {
    throw new NotSupportedError("Cannot reach the kernel: libc has no syscall()");
  }
  const errno = new Int32Array(ffi.toArrayBuffer(Number(__errno_location()), 0, 4));
  const call = (...words: readonly Word[]) => {
    const result = Number(syscall(...words));
    return result === -1 ? -(errno[0] ?? 0) : result;
  };
  const { bpf } = systemCalls(arch);
  return {
    via: "libc",
    syscall: call,
    bpf: (command, attr, size) => call(bpf, command, attr, size, 0, 0, 0),
    // JavaScriptCore compiles Atomics.load to a read-modify-write, which faults on the ring's read-only pages. Loads of
    // x86-64 need nothing; elsewhere a read-modify-write of memory of our own keeps later reads behind the plain one.
    acquire: arch === "x86_64" ? (words, index) => words[index] ?? 0 : (words, index) => {
      const value = words[index] ?? 0;
      Atomics.or(FENCE, 0, 0);
      return value;
    },
  };
}

/** The calls through machine code in a page of our own; `undefined` where this system refuses an executable one. */
function stubCalls(ffi: BunFfi, arch: Arch, libc: Calls): Calls | undefined {
  const numbers = systemCalls(arch);
  const code = stubCode(arch);
  const size = 4096;
  const page = libc.syscall(numbers.mmap, 0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (page < 0) return undefined;
  const bytes = new Uint8Array(ffi.toArrayBuffer(page, 0, size));
  bytes.set(code.system_call, 0);
  bytes.set(code.bpf, 256);
  bytes.set(code.load_acquire, 512);
  if (libc.syscall(numbers.mprotect, page, size, PROT_READ_EXEC, 0, 0, 0) < 0) {
    libc.syscall(numbers.munmap, page, size, 0, 0, 0, 0);
    return undefined;
  }
  const systemCall = ffi.CFunction({ ptr: page, args: SEVEN_WORDS, returns: "i64" });
  const bpf = ffi.CFunction({ ptr: page + 256, args: ["i32", "u64", "u32"], returns: "i32" });
  const loadAcquire = ffi.CFunction({ ptr: page + 512, args: ["ptr"], returns: "i32" });
  return {
    via: "stub",
    syscall: (...words) => Number(systemCall(...words)),
    bpf: (command, attr, size) => Number(bpf(command, attr, size)),
    acquire: arch === "x86_64"
      ? libc.acquire
      : (words, index) => Number(loadAcquire(ffi.ptr(words.buffer) + words.byteOffset + 4 * index)),
  };
}
