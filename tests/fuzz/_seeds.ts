/** Sound objects, small so that a case takes little time, with the places where damage tells most. */
import { readdirSync, readFileSync } from "node:fs";
import { ElfFile } from "../../src/elf/file.ts";
import { type Seed, type Table, whole } from "./_mutate.ts";

const FOLDERS = ["elf", "bpf", "bpf/clang14", "../examples"];
const LARGEST = 6000;

/** The tables of an object that are read as records, by the beginning of the section's name, and a record's size. */
const RECORDS: readonly (readonly [RegExp, number])[] = [
  [/^\.symtab$/, 24],
  [/^\.rel/, 16],
  [/^(\.maps|maps|\.struct_ops.*|\.jumptables)$/, 8],
  [/^\.strtab$/, 1],
];

/** Every object of the tests that is small. */
export function elfSeeds(): Seed[] {
  return FOLDERS.flatMap((folder) => {
    const url = new URL(`../${folder}/`, import.meta.url);
    return readdirSync(url).filter((name) => name.endsWith(".o")).sort().map((name) =>
      elfSeed(`${folder}/${name}`, new Uint8Array(readFileSync(new URL(name, url))))
    );
  }).filter(({ bytes }) => bytes.length < LARGEST);
}

/** The object that asks all questions of CO-RE, and the one with the types to ask. */
export function relocationSeeds(): { local: Seed; target: Seed } {
  const [local, target] = ["core", "target"].map((name) =>
    elfSeed(name, new Uint8Array(readFileSync(new URL(`../relocate/${name}.bpf.o`, import.meta.url))))
  );
  if (local === undefined || target === undefined) {
    throw new Error("The objects of tests/relocate are missing");
  }
  return { local, target };
}

function elfSeed(name: string, bytes: Uint8Array): Seed {
  const file = new ElfFile(bytes, name);
  const littleEndian = file.byteOrder === "little";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headers = Number(view.getBigUint64(40, littleEndian));
  const tables: Table[] = [
    { start: 16, end: 64, stride: 8 },
    { start: headers, end: headers + file.sections.length * 64, stride: 64 },
    whole(bytes),
  ];
  for (const section of file.sections) {
    const at = { start: section.offset, end: section.offset + section.size };
    if (section.size === 0) continue;
    const stride = RECORDS.find(([pattern]) => pattern.test(section.name))?.[1];
    if (stride !== undefined) tables.push({ ...at, stride });
    if (section.name === ".BTF") {
      tables.push(...btfTables(file.bytesOf(section), littleEndian, section.offset));
    }
    if (section.name === ".BTF.ext") tables.push({ ...at, stride: 16 });
    if ((section.flags & 4) !== 0) tables.push({ ...at, stride: 8 }); // SHF_EXECINSTR
  }
  return { name, bytes, littleEndian, tables };
}

/** The header, the types, their first bytes, and the strings. */
function btfTables(bytes: Uint8Array, littleEndian: boolean, offset: number): Table[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = view.getUint32(4, littleEndian);
  const [typesStart = 0, typesSize = 0, stringsStart = 0, stringsSize = 0] = [8, 12, 16, 20]
    .map((at) => view.getUint32(at, littleEndian) + offset);
  const types = { start: typesStart + header, end: typesStart + header + typesSize - offset };
  const strings = { start: stringsStart + header, end: stringsStart + header + stringsSize - offset };
  return [
    { start: offset, end: offset + header, stride: 4 },
    { ...types, stride: 4 },
    { ...types, stride: 12 },
    { ...strings, stride: 1 },
  ];
}

/** A section of an object as a seed of its own, and those of `kinds`, which have every kind of type. */
export function sectionSeeds(section: ".BTF" | ".BTF.ext"): Seed[] {
  const found = elfSeeds().flatMap(({ name, bytes }) => {
    const file = new ElfFile(bytes, name);
    const header = file.sections.find((each) => each.name === section);
    return header === undefined ? [] : [sectionSeed(name, file.bytesOf(header), file.byteOrder === "little")];
  });
  const ending = section === ".BTF" ? "btf" : "ext";
  const kinds = ["el", "eb"].map((order) => {
    const name = `kinds.${order}.${ending}`;
    return sectionSeed(
      name,
      new Uint8Array(readFileSync(new URL(`../btf/${name}`, import.meta.url))),
      order === "el",
    );
  });
  return [...kinds, ...found];
}

/** BTF or `.BTF.ext` as a seed. */
export function sectionSeed(name: string, section: Uint8Array, littleEndian: boolean): Seed {
  const bytes = section.slice();
  const isBtf = new DataView(bytes.buffer).getUint32(4, littleEndian) === 24;
  const tables = isBtf
    ? btfTables(bytes, littleEndian, 0)
    : [{ start: 0, end: 32, stride: 4 }, { ...whole(bytes), stride: 4 }];
  return { name, bytes, littleEndian, tables };
}

/** The instructions of all sections with code. */
export function codeSeeds(): Seed[] {
  return elfSeeds().flatMap(({ name, bytes, littleEndian }) => {
    const file = new ElfFile(bytes, name);
    return file.sections.filter(({ flags, size }) => (flags & 4) !== 0 && size > 0).map((section) => {
      const code = file.bytesOf(section).slice();
      return { name: `${name} ${section.name}`, bytes: code, littleEndian, tables: [whole(code)] };
    });
  });
}
