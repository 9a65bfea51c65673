/**
 * Names of C++ and Rust as in the source.
 *
 * @module
 */
import { demangleCxx } from "./_cxx_parser.ts";
import { NotMangled } from "./_demangled.ts";
import { demangleRustLegacy } from "./_rust_legacy.ts";
import { demangleRust } from "./_rust_v0.ts";

/**
 * The name in the source of a symbol of C++ (Itanium ABI, written as c++filt of binutils does) or Rust (both schemes, without
 * hashes); others are returned as they are.
 *
 * ```ts
 * import { demangle } from "@waggle/ebpf/symbols";
 *
 * demangle("_ZN3foo3barEi"); // "foo::bar(int)"
 * demangle("main"); // "main"
 * ```
 */
export function demangle(name: string): string {
  if (!name.startsWith("_Z") && !name.startsWith("_R")) return name;
  try {
    return name.startsWith("_R") ? demangleRust(name) : demangleRustLegacy(name) ?? demangleCxx(name);
  } catch (error) {
    if (error instanceof NotMangled) return name;
    throw error;
  }
}
