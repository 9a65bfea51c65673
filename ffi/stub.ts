/**
 * Machine code that makes a system call and returns its raw result, and a shared library made of it in memory.
 *
 * libc's `syscall(3)` leaves the error in `errno`, which belongs to the thread that called: it is lost when a runtime
 * calls on another thread, and a signal handler may overwrite it. The kernel's own convention, `-errno` in the result
 * register, has neither fault.
 *
 * @module
 */
import type { Arch } from "./native.ts";

/** The functions of the stub. */
export interface StubCode {
  /** `long system_call(long number, long a, long b, long c, long d, long e, long f)`. */
  readonly system_call: Uint8Array;
  /** `long bpf(int command, union bpf_attr *attr, unsigned size)`. */
  readonly bpf: Uint8Array;
  /** `int load_acquire(int *address)`. */
  readonly load_acquire: Uint8Array;
}

/** The machine code for `arch`. */
export function stubCode(arch: Arch): StubCode {
  return arch === "x86_64"
    ? {
      // endbr64; mov rax,rdi; mov rdi,rsi; mov rsi,rdx; mov rdx,rcx; mov r10,r8; mov r8,r9; mov r9,[rsp+8]; syscall; ret
      system_call: hex("f30f1efa 4889f8 4889f7 4889d6 4889ca 4d89c2 4d89c8 4c8b4c2408 0f05 c3"),
      // endbr64; mov eax,321; syscall; ret
      bpf: hex("f30f1efa b841010000 0f05 c3"),
      // endbr64; mov eax,[rdi]; ret
      load_acquire: hex("f30f1efa 8b07 c3"),
    }
    : {
      // bti c; mov x8,x0; mov x0,x1; mov x1,x2; mov x2,x3; mov x3,x4; mov x4,x5; mov x5,x6; svc #0; ret
      system_call: hex(
        "5f2403d5 e80300aa e00301aa e10302aa e20303aa e30304aa e40305aa e50306aa 010000d4 c0035fd6",
      ),
      // bti c; mov x8,#280; svc #0; ret
      bpf: hex("5f2403d5 082380d2 010000d4 c0035fd6"),
      // bti c; ldar w0,[x0]; ret
      load_acquire: hex("5f2403d5 00fcdf88 c0035fd6"),
    };
}

function hex(text: string): Uint8Array {
  const digits = text.replaceAll(" ", "");
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

const HEADER = 64;
const PROGRAM_HEADER = 56;
const SYMBOL = 24;
const PAGE = 0x10000; // the largest page of either processor, so that segments never share one
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_GNU_STACK = 0x6474e551;
const DT_HASH = 4;
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const DT_STRSZ = 10;
const DT_SYMENT = 11;

/**
 * A minimal ELF64 shared library with one exported symbol a function, for `dlopen`.
 *
 * Headers, tables and code are one read-only segment; the dynamic section is a writable one, since the dynamic
 * linker relocates the addresses in it.
 */
export function sharedLibrary(arch: Arch, functions: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const names = Object.keys(functions);
  const strings = new TextEncoder().encode("\0" + names.map((name) => name + "\0").join(""));
  const symbols = HEADER + 4 * PROGRAM_HEADER;
  const hash = symbols + SYMBOL * (names.length + 1);
  const text = hash + 4 * (3 + names.length + 1);
  const code = align(text + strings.length, 16);
  const codeSize = names.reduce((sum, name) => sum + align(size(functions, name), 16), 0);
  const dynamic = align(code + codeSize, 8);
  const dynamicSize = 6 * 16;
  const bytes = new Uint8Array(dynamic + dynamicSize);
  const view = new DataView(bytes.buffer);

  bytes.set(hex("7f454c46 020101"), 0);
  view.setUint16(16, 3, true); // ET_DYN
  view.setUint16(18, arch === "x86_64" ? 62 : 183, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, 4, true);
  view.setUint16(58, 64, true);

  const segments = [
    [PT_LOAD, 5, 0, 0, dynamic],
    [PT_LOAD, 6, dynamic, dynamic + PAGE, dynamicSize],
    [PT_DYNAMIC, 6, dynamic, dynamic + PAGE, dynamicSize],
    [PT_GNU_STACK, 6, 0, 0, 0],
  ] as const;
  segments.forEach(([type, flags, offset, address, length], i) => {
    const at = HEADER + i * PROGRAM_HEADER;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    [offset, address, address, length, length, type === PT_LOAD ? PAGE : 8].forEach((word, k) =>
      view.setBigUint64(at + 8 + 8 * k, BigInt(word), true)
    );
  });

  // One hash bucket that chains every symbol, the last one first: System V ABI, chapter 5, "Hash Table".
  [1, names.length + 1, names.length, 0, ...names.keys()].forEach((word, k) =>
    view.setUint32(hash + 4 * k, word, true)
  );
  bytes.set(strings, text);

  let name = 1;
  let place = code;
  names.forEach((symbol, i) => {
    const at = symbols + SYMBOL * (i + 1);
    view.setUint32(at, name, true);
    view.setUint8(at + 4, 0x12); // STB_GLOBAL, STT_FUNC
    view.setUint16(at + 6, 1, true); // defined: any section index but 0
    view.setBigUint64(at + 8, BigInt(place), true);
    view.setBigUint64(at + 16, BigInt(size(functions, symbol)), true);
    bytes.set(functions[symbol] ?? [], place);
    name += symbol.length + 1;
    place += align(size(functions, symbol), 16);
  });

  [[DT_HASH, hash], [DT_STRTAB, text], [DT_SYMTAB, symbols], [DT_STRSZ, strings.length], [DT_SYMENT, SYMBOL]]
    .forEach(([tag = 0, value = 0], i) => {
      view.setBigUint64(dynamic + 16 * i, BigInt(tag), true);
      view.setBigUint64(dynamic + 16 * i + 8, BigInt(value), true);
    });
  return bytes;
}

function size(functions: Readonly<Record<string, Uint8Array>>, name: string): number {
  return functions[name]?.length ?? 0;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
