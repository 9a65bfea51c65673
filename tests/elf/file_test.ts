import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { test } from "../_harness.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ElfFile } from "../../src/elf/file.ts";
import { ElfError } from "../../src/errors.ts";
import { findTool } from "../../scripts/_tools.ts";
import { readBytes } from "./_compile.ts";

const OBJECT = join(import.meta.dirname ?? "", "data.bpf.o");
const bytes = readBytes(OBJECT);
const view = (copy: Uint8Array) => new DataView(copy.buffer, copy.byteOffset, copy.byteLength);

/** What llvm-readelf prints of a section, as far as it is used here. */
interface ReadelfSection {
  readonly Name: { readonly Name: string };
  readonly Type: { readonly Value: number };
  readonly Offset: number;
  readonly Size: number;
  readonly Link: number;
  readonly Info: number;
}

/** What llvm-readelf prints of a symbol, as far as it is used here. */
interface ReadelfSymbol {
  readonly Name: { readonly Name: string };
  readonly Type: { readonly Value: number };
  readonly Binding: { readonly Value: number };
  readonly Value: number;
  readonly Size: number;
}

function readelf(flag: string): string {
  const program = findTool("llvm-readelf") ?? "llvm-readelf";
  return execFileSync(program, [flag, "--elf-output-style=JSON", OBJECT], { encoding: "utf8" });
}

/** The error about the object with some bytes changed. */
function errorAfter(change: (copy: DataView) => void): ElfError {
  const copy = new Uint8Array(bytes);
  change(view(copy));
  return assertThrows(() => new ElfFile(copy, "x.o"), ElfError);
}

test("ElfFile reads the sections that llvm-readelf reads", { needs: ["llvm-objdump"] }, () => {
  const theirs: { Section: ReadelfSection }[] = JSON.parse(readelf("-S"))[0].Sections;
  const file = new ElfFile(bytes, "data.bpf.o");
  assertEquals(
    file.sections.map(({ name, type, offset, size, link, info }) => [name, type, offset, size, link, info]),
    theirs.map(({ Section: { Name, Type, Offset, Size, Link, Info } }) => [
      Name.Name,
      Type.Value,
      Offset,
      Size,
      Link,
      Info,
    ]),
  );
});

test("ElfFile reads the symbols that llvm-readelf reads", { needs: ["llvm-objdump"] }, () => {
  const theirs: { Symbol: ReadelfSymbol }[] = JSON.parse(readelf("-s"))[0].Symbols;
  const file = new ElfFile(bytes, "data.bpf.o");
  // llvm-readelf calls the symbol of a section by the name of the section.
  const SECTION = 3;
  assertEquals(
    file.symbols.map(({ name, binding, type, value, size }) => [name, binding, type, value, size]),
    theirs.map(({ Symbol: { Name, Binding, Type, Value, Size } }) => [
      Type.Value === SECTION ? "" : Name.Name,
      Binding.Value,
      Type.Value,
      Value,
      Size,
    ]),
  );
});

test("ElfFile reads relocations with their symbols", () => {
  const file = new ElfFile(bytes, "data.bpf.o");
  const table = file.sections.find(({ name }) => name === ".relkprobe/vfs_read");
  assert(table !== undefined);
  const relocations = file.relocationsIn(table);
  // llvm-readelf -r data.bpf.o
  assertEquals(relocations.length, table.size / 16);
  assertEquals(relocations.slice(1, 4).map(({ offset, symbol }) => [offset, symbol.name]), [
    [0x30, ""],
    [0x58, "settings"],
    [0xa0, "table"],
  ]);
});

test("ElfFile refuses what is no BPF object, and says what it is", () => {
  const notElf = assertThrows(
    () => new ElfFile(new TextEncoder().encode("int main() {}"), "main.c"),
    ElfError,
  );
  assertEquals(notElf.message, 'Cannot read "main.c": it is no ELF file');
  assertEquals(notElf.offset, 0);
  assertStringIncludes(errorAfter((copy) => copy.setUint8(4, 1)).message, "no 64-bit ELF file");
  assertStringIncludes(errorAfter((copy) => copy.setUint8(5, 3)).message, "no byte order");
  assertStringIncludes(
    errorAfter((copy) => copy.setUint16(16, 2, true)).message,
    "no object file (e_type is 2)",
  );
  assertStringIncludes(errorAfter((copy) => copy.setUint16(18, 62, true)).message, "e_machine is 62");
});

test("ElfFile reads objects of compilers without a machine number", () => {
  const copy = new Uint8Array(bytes);
  view(copy).setUint16(18, 0, true);
  assertEquals(new ElfFile(copy, "x.o").symbols.length, new ElfFile(bytes, "x.o").symbols.length);
});

test("ElfFile checks offsets and counts, and says where they are", () => {
  assertEquals(errorAfter((copy) => copy.setBigUint64(40, 1n << 60n, true)).offset, 40);
  assertEquals(errorAfter((copy) => copy.setUint16(58, 32, true)).offset, 58);
  assertEquals(errorAfter((copy) => copy.setUint16(60, 0, true)).offset, 60);
  assertStringIncludes(
    errorAfter((copy) => copy.setUint16(60, 0xfeff, true)).message,
    "the table of sections",
  );
});

test("ElfFile refuses compressed sections when their bytes are needed", () => {
  const file = new ElfFile(bytes, "x.o");
  const section = file.sections.find(({ name }) => name === ".rodata");
  assert(section !== undefined);
  assertEquals(file.bytesOf(section).length, section.size);
  const compressed = { ...section, flags: section.flags | 0x800 };
  const error = assertThrows(() => file.bytesOf(compressed), ElfError);
  assertEquals(error.message, 'Cannot read "x.o": section ".rodata" is compressed');
});
