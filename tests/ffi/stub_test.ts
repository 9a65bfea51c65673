import { assertEquals, assertMatch } from "@std/assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Arch } from "../../ffi/mod.ts";
import { sharedLibrary, type StubCode, stubCode } from "../../ffi/stub.ts";
import { test } from "../_harness.ts";
import { run, withFile, withFolder } from "../_run.ts";

const ARCHES = ["x86_64", "aarch64"] as const;
const NAMES = ["system_call", "bpf", "load_acquire"] as const;

/** The functions as a person writes them, by the calling conventions of C and of the kernel. */
const SOURCES: Readonly<Record<Arch, Readonly<Record<keyof StubCode, string>>>> = {
  x86_64: {
    system_call: `
      endbr64
      mov rax, rdi
      mov rdi, rsi
      mov rsi, rdx
      mov rdx, rcx
      mov r10, r8
      mov r8, r9
      mov r9, [rsp + 8]
      syscall
      ret`,
    bpf: "endbr64; mov eax, 321; syscall; ret",
    load_acquire: "endbr64; mov eax, [rdi]; ret",
  },
  aarch64: {
    system_call: `
      bti c
      mov x8, x0
      mov x0, x1
      mov x1, x2
      mov x2, x3
      mov x3, x4
      mov x4, x5
      mov x5, x6
      svc #0
      ret`,
    bpf: "bti c; mov x8, #280; svc #0; ret",
    load_acquire: "bti c; ldar w0, [x0]; ret",
  },
};

function assemble(arch: Arch, source: string): number[] {
  const head = arch === "x86_64" ? ".intel_syntax noprefix\n" : ".arch armv8.5-a\n";
  const text = new TextEncoder().encode(head + source.replaceAll(";", "\n"));
  const args = [`--triple=${arch}-linux-gnu`, "--show-encoding"];
  const listing = withFile(text, (path) => run("llvm-mc", [...args, path]));
  return [...listing.matchAll(/encoding: \[(.*?)\]/g)].flatMap(([, bytes = ""]) =>
    bytes.split(",").map(Number)
  );
}

test("stubCode() is what the assembler makes of the source", { needs: ["llvm-mc"] }, () => {
  for (const arch of ARCHES) {
    const code = stubCode(arch);
    for (const name of NAMES) {
      assertEquals([...code[name]], assemble(arch, SOURCES[arch][name]), `${name} of ${arch}`);
    }
  }
});

test("sharedLibrary() exports every function", { needs: ["llvm-readelf"] }, () => {
  for (const arch of ARCHES) {
    const code = stubCode(arch);
    const image = sharedLibrary(arch, { ...code });
    const text = withFile(image, (path) => run("llvm-readelf", ["--file-header", "--dyn-syms", path]));
    assertMatch(text, arch === "x86_64" ? /Machine: +Advanced Micro Devices X86-64/ : /Machine: +AArch64/);
    assertMatch(text, /Type: +DYN/);
    for (const name of NAMES) {
      const symbol = new RegExp(`: ([0-9a-f]+) +(\\d+) FUNC +GLOBAL DEFAULT +1 ${name}$`, "m").exec(text);
      const [address, size] = [parseInt(symbol?.[1] ?? "", 16), Number(symbol?.[2])];
      assertEquals([...image.subarray(address, address + size)], [...code[name]]);
    }
  }
});

test("sharedLibrary() has no segment that is writable and executable", { needs: ["llvm-readelf"] }, () => {
  for (const arch of ARCHES) {
    const image = sharedLibrary(arch, { ...stubCode(arch) });
    const text = withFile(image, (path) => run("llvm-readelf", ["--program-headers", "--wide", path]));
    const flags = [...text.matchAll(/^ +(LOAD|GNU_STACK) .* ([R ][W ][E ]) +0x/gm)]
      .map(([, type, flags]) => `${type} ${flags}`);
    assertEquals(flags, ["LOAD R E", "LOAD RW ", "GNU_STACK RW "]);
  }
});

/** Opens the library, as a runtime does, and prints what its functions return. */
const CALLER = `
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
  void *library = dlopen(arguments[1], RTLD_NOW);
  if (!library) return puts(dlerror()), 1;
  long (*call)(long, long, long, long, long, long, long) = dlsym(library, "system_call");
  int (*load)(int *) = dlsym(library, "load_acquire");
  int (*bpf)(int, void *, unsigned) = dlsym(library, "bpf");
  FILE *file = tmpfile();
  int page = sysconf(_SC_PAGESIZE), words[2] = { 1, -12345 };
  fseek(file, page, SEEK_SET);
  fputs("seventh", file);
  fflush(file);
  char *text = (char *)call(SYS_mmap, 0, page, PROT_READ, MAP_SHARED, fileno(file), page);
  printf("%d %ld %s %d %d\\n", call(SYS_getpid, 0, 0, 0, 0, 0, 0) == getpid(),
    call(SYS_close, -1, 0, 0, 0, 0, 0), text, load(&words[1]), bpf(99, 0, 0) < 0);
}`;

test("sharedLibrary() of aarch64 runs", { needs: ["qemu-aarch64"] }, () => {
  const printed = withFolder((folder) => {
    writeFileSync(join(folder, "stub.so"), sharedLibrary("aarch64", { ...stubCode("aarch64") }));
    writeFileSync(join(folder, "caller.c"), CALLER);
    run("aarch64-linux-gnu-gcc", ["-o", "caller", "caller.c"], folder);
    return run("qemu-aarch64-static", ["-L", "/usr/aarch64-linux-gnu", "./caller", "./stub.so"], folder);
  });
  assertEquals(printed, "1 -9 seventh -12345 1\n");
});
