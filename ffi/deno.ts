/**
 * {@linkcode Native} by `Deno.dlopen`.
 *
 * @module
 */
import { NotSupportedError, PermissionError } from "../src/errors.ts";
import { type SystemCallNumbers, systemCalls } from "./arch.ts";
import { type Arch, LIBLZMA, type LzmaDecode, type Native, type Word } from "./native.ts";
import { sharedLibrary, stubCode } from "./stub.ts";

const LIBC = "libc.so.6";
const EINTR = 4;
const MFD_CLOEXEC = 1;

const SEVEN_WORDS = ["i64", "i64", "i64", "i64", "i64", "i64", "i64"] as const;

const LIBC_SYMBOLS = {
  syscall: { parameters: SEVEN_WORDS, result: "i64" },
  bpf: { name: "syscall", parameters: ["i64", "i32", "u64", "u32"], result: "i64" },
  background: { name: "syscall", parameters: SEVEN_WORDS, result: "i64", nonblocking: true },
  errno: { name: "__errno_location", parameters: [], result: "pointer" },
  moved: { name: "memmove", parameters: ["buffer", "pointer", "usize"], result: "u64" },
} as const;

const STUB_SYMBOLS = {
  syscall: { name: "system_call", parameters: SEVEN_WORDS, result: "i64" },
  bpf: { parameters: ["i32", "u64", "u32"], result: "i32" },
  background: { name: "system_call", parameters: SEVEN_WORDS, result: "i64", nonblocking: true },
} as const;

/** The calls that differ between the stub and libc. */
interface Calls {
  readonly via: "stub" | "libc";
  addressOf(buffer: ArrayBufferLike): bigint;
  syscall(number: bigint, a: bigint, b: bigint, c: bigint, d: bigint, e: bigint, f: bigint): number;
  bpf(command: number, attr: bigint, size: number): number;
  /** Makes a system call on a thread of Deno's pool. The promise is Deno's own: each one around it would be waited for, too. */
  background(
    number: bigint,
    a: bigint,
    b: bigint,
    c: bigint,
    d: bigint,
    e: bigint,
    f: bigint,
  ): Promise<bigint>;
}

/** The arguments of the script; `undefined` in other runtimes. */
export function denoArguments(): readonly string[] | undefined {
  return typeof Deno === "undefined" ? undefined : Deno.args;
}

/** Opens Deno's door to the kernel; `undefined` in other runtimes. `via` forces a way to call, for tests. */
export function openDeno(via?: "stub" | "libc"): Native | undefined {
  if (typeof Deno === "undefined" || !("dlopen" in Deno)) return undefined;
  const { os, arch } = Deno.build;
  if (os !== "linux" || (arch !== "x86_64" && arch !== "aarch64")) {
    throw new NotSupportedError(`Cannot reach the kernel: ${os} on ${arch} is not Linux on x86-64 or arm64`);
  }
  const libc = libcCalls(openLibc(), systemCalls(arch));
  return backend(arch, via === "libc" ? libc : stubCalls(arch, libc) ?? libc);
}

function openLibc(): Deno.DynamicLibrary<typeof LIBC_SYMBOLS> {
  // Asked for without a path: a permission for the path "libc.so.6" alone is resolved against the working directory
  // and can never open it.
  if (Deno.permissions.requestSync({ name: "ffi" }).state !== "granted") {
    throw new PermissionError(
      "Cannot reach the kernel: Deno does not allow this script to call foreign functions: " +
        "run it with --allow-ffi (without a path)",
    );
  }
  return Deno.dlopen(LIBC, LIBC_SYMBOLS);
}

function libcCalls({ symbols }: Deno.DynamicLibrary<typeof LIBC_SYMBOLS>, numbers: SystemCallNumbers): Calls {
  const location = symbols.errno();
  if (location === null) throw new NotSupportedError("Cannot reach the kernel: libc has no errno");
  const errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));
  const result = (value: bigint) => value === -1n ? -(errno[0] ?? 0) : Number(value);
  const bpf = BigInt(numbers.bpf);
  return {
    via: "libc",
    // Moving no bytes returns where to, in a fraction of the time of Deno.UnsafePointer.of().
    addressOf: (buffer) => symbols.moved(new Uint8Array(buffer as ArrayBuffer), null, 0n),
    syscall: (number, a, b, c, d, e, f) => result(symbols.syscall(number, a, b, c, d, e, f)),
    bpf: (command, attr, size) => result(symbols.bpf(bpf, command, attr, size)),
    // errno stays on the pool's thread: a failure can only be told as an interruption.
    background: async (number, a, b, c, d, e, f) => {
      const value = await symbols.background(number, a, b, c, d, e, f);
      return value === -1n ? BigInt(-EINTR) : value;
    },
  };
}

/** The calls through a library of our own machine code; `undefined` where this system refuses to open one. */
function stubCalls(arch: Arch, libc: Calls): Calls | undefined {
  const numbers = systemCalls(arch);
  const { system_call, bpf } = stubCode(arch);
  const image = sharedLibrary(arch, { system_call, bpf });
  const name = new TextEncoder().encode("waggle\0");
  const { addressOf } = libc;
  const call = (number: number, a: Word, b: Word = 0, c: Word = 0) =>
    libc.syscall(BigInt(number), BigInt(a), BigInt(b), BigInt(c), 0n, 0n, 0n);
  const fd = call(numbers.memfd_create, addressOf(name.buffer), MFD_CLOEXEC);
  if (fd < 0) return undefined;
  try {
    if (call(numbers.write, fd, addressOf(image.buffer), image.length) !== image.length) return undefined;
    const { symbols } = Deno.dlopen(`/proc/self/fd/${fd}`, STUB_SYMBOLS);
    return {
      via: "stub",
      addressOf,
      syscall: (number, a, b, c, d, e, f) => Number(symbols.syscall(number, a, b, c, d, e, f)),
      bpf: symbols.bpf,
      background: symbols.background,
    };
  } catch {
    return undefined; // no /proc, or a policy against executable memory files (sysctl vm.memfd_noexec)
  } finally {
    call(numbers.close, fd);
  }
}

function backend(arch: Arch, calls: Calls): Native {
  const { epoll_pwait } = systemCalls(arch);
  const { addressOf, syscall: direct } = calls;
  let decode: LzmaDecode | undefined;
  return {
    runtime: "deno",
    arch,
    via: calls.via,
    syscall: (number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0) =>
      direct(BigInt(number), word(a), word(b), word(c), word(d), word(e), word(f)),
    bpf: calls.bpf,
    addressOf,
    bufferAt(address, length) {
      const pointer = Deno.UnsafePointer.create(address);
      if (pointer === null) throw new RangeError("Cannot make a buffer: the address is 0");
      return Deno.UnsafePointerView.getArrayBuffer(pointer, length);
    },
    // A plain load is one on x86-64, whose loads the processor never reorders; Atomics cost 10 ns more.
    acquire: arch === "x86_64" ? (words, index) => words[index] ?? 0 : Atomics.load,
    async epollWait(epoll, events, capacity) {
      const words = [BigInt(epoll_pwait), BigInt(epoll), addressOf(events), BigInt(capacity)] as const;
      const count = Number(await calls.background(...words, -1n, 0n, 0n));
      // Interrupted, or failed where libc cannot tell why: ask again here, without waiting.
      return count === -EINTR ? direct(...words, 0n, 0n, 0n) : count;
    },
    lzma: () => decode ??= openLzma(),
  };
}

function openLzma(): LzmaDecode | undefined {
  const { library, decode, words } = LIBLZMA;
  try {
    const parameters = Array.from({ length: words }, () => "u64" as const);
    return Deno.dlopen(library, { decode: { name: decode, parameters, result: "i32" } }).symbols.decode;
  } catch {
    return undefined;
  }
}

function word(value: Word): bigint {
  return BigInt.asIntN(64, BigInt(value));
}
