import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { elfSection } from "../../src/elf/mod.ts";
import { ElfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

const OBJECT = readFileSync(new URL("data.bpf.o", import.meta.url));

for (const name of ["data.bpf.o", "data.bpfeb.o"]) {
  test(`elfSection() of ${name} has the bytes that llvm-readelf shows`, { needs: ["llvm-readelf"] }, () => {
    const path = join(import.meta.dirname ?? "", name);
    const bytes = new Uint8Array(readFileSync(path));
    for (const section of [".BTF", ".BTF.ext", ".rodata", "license", ".strtab"]) {
      // "Hex dump of section '…':", then an offset, up to four words and the text
      const dump = run("llvm-readelf", ["--hex-dump", section, path]);
      const words = [...dump.matchAll(/^0x[0-9a-f]{8} ((?:[0-9a-f]{2,8} ){1,4})/gm)].map(([, words = ""]) =>
        words
      );
      assertEquals(elfSection(bytes, section)?.toHex(), words.join("").replaceAll(" ", ""), section);
    }
    for (const section of ["", ".BT", "BTF", ".nothing"]) {
      if (section !== "") assertEquals(elfSection(bytes, section), undefined, section);
    }
  });
}

test("elfSection() reads files for other machines, without a copy", { needs: ["cc"] }, () => {
  const bytes = withFolder((folder) => {
    writeFileSync(join(folder, "a.c"), `const char x[] __attribute__((section("waggle"))) = "hive";`);
    run("cc", ["-c", "a.c"], folder);
    return new Uint8Array(readFileSync(join(folder, "a.o")));
  });
  const section = elfSection(bytes, "waggle");
  assertEquals(section, new TextEncoder().encode("hive\0"));
  assertEquals(section?.buffer === bytes.buffer, true);
});

test("elfSection() refuses files that are damaged", () => {
  const change = (edit: (view: DataView) => void) => {
    const bytes = new Uint8Array(OBJECT);
    edit(new DataView(bytes.buffer));
    return bytes;
  };
  const headers = Number(new DataView(new Uint8Array(OBJECT).buffer).getBigUint64(40, true));
  for (
    const [bytes, message] of [
      [new Uint8Array(0), "it is not a 64-bit ELF file"],
      [OBJECT.subarray(0, 63), "it is not a 64-bit ELF file"],
      [change((view) => view.setUint8(4, 1)), "it is not a 64-bit ELF file"],
      [OBJECT.subarray(0, headers + 64), "a section header is beyond its end"],
      [change((view) => view.setBigUint64(40, 2n ** 63n, true)), "a section header is beyond its end"],
      [change((view) => view.setUint16(62, 0xffff, true)), "a section header is beyond its end"],
      [
        change((view) => {
          for (let at = headers; at < view.byteLength; at += 64) view.setBigUint64(at + 32, 2n ** 60n, true);
        }),
        'section ".BTF" is beyond its end',
      ],
    ] as const
  ) {
    assertThrows(() => elfSection(bytes, ".BTF"), ElfError, `Cannot read an ELF file: ${message}`);
  }
});

test("elfSection() of a file without section headers finds nothing", () => {
  const bytes = new Uint8Array(OBJECT.subarray(0, 64)).fill(0, 40, 48).fill(0, 60, 64);
  assertEquals(elfSection(bytes, ".BTF"), undefined);
});
