/**
 * Modules of TypeScript that hold an object, with the types of all that scripts share with it.
 *
 * @module
 */
import type { Btf } from "../btf/core.ts";
import { NotFoundError } from "../errors.ts";
import type { MapSpec, ObjectSpec } from "../spec/mod.ts";
import { type Expression, print } from "./expression.ts";
import { member, property } from "./layout.ts";
import { MAP_CLASSES, ObjectMapWriter } from "./object_maps.ts";
import { Names } from "./object_names.ts";
import { ObjectTypes } from "./object_types.ts";
import { ownTypes } from "./own_types.ts";

/** What to write a module of. */
export interface ObjectModuleOptions {
  /** What the file holds. */
  readonly spec: ObjectSpec;
  /** The file. */
  readonly bytes: Uint8Array;
  /** The name of the file without its ending. */
  readonly name: string;
  /** What the module says it is made by: `waggle generate execsnoop.bpf.o`. */
  readonly about: string;
  /** Where the module imports Waggle from: `@waggle/ebpf`. */
  readonly library: string;
  /** The names of the types of events, by the names of the buffers. */
  readonly events: Readonly<Record<string, string>>;
  /** Names of more types to write. */
  readonly types: readonly string[];
}

/** How many characters of base64 a line has: a multiple of 4. */
const BASE64_LINE = 76;

/**
 * Writes a module: the object, interfaces and codecs of the types of its maps and variables and of its own structs and enums, and
 * `load()`, whose result has maps, programs and variables by their names. The same object gives the same text, which is as
 * `deno fmt` has it.
 *
 * @throws {NotFoundError} The object has no type of a name that was given, or no such buffer.
 * @throws {BtfError} A type cannot be read.
 */
export function objectModule(
  { spec, bytes, name, about, library, events, types }: ObjectModuleOptions,
): string {
  const names = new Names([...RESERVED, ...MAP_CLASSES]);
  const imported = new Set(["type EmbeddedObject", "loadTyped", "type TypedLoadOptions", "type TypedObject"]);
  const writer = new ObjectTypes(spec.btf, names, imported);
  const maps = spec.maps.filter(({ contents, kconfig }) => contents === undefined && kconfig === undefined);
  const eventIds = Object.fromEntries(
    Object.entries(events).map(([map, type]) => {
      if (!maps.some((one) => one.name === map)) {
        throw new NotFoundError(`Cannot type events of map "${map}": the object has no such map`);
      }
      return [map, idOf(spec.btf, type)];
    }),
  );
  const mapWriter = new ObjectMapWriter(writer, eventIds);
  const writtenMaps = maps.filter(isUsed).map((map) => ({ name: map.name, ...mapWriter.write(map) }));
  const variables = spec.variables.map(({ name, typeId, size }) => ({
    name,
    ...typeId === 0 ? writer.bytes(size) : writer.write(typeId),
  }));
  for (const type of types) writer.write(idOf(spec.btf, type));
  for (const id of spec.btf ? ownTypes(spec.btf, spec) : []) writer.tryDeclare(id);
  const programs = spec.programs.map(({ name }) => name);
  const parameters = `<Maps, Programs, Variables>`;
  return [
    `/**\n * Made by \`${about}\`. Do not edit it: change what it is made of.\n *\n * @module\n */`,
    importOf([...imported], library),
    ...writer.sections,
    interfaceOf(
      "Maps",
      `The maps of \`${name}\`.`,
      writtenMaps.map(({ name, type }) => ({ name, type: type.split("\n") })),
    ),
    interfaceOf("Variables", `The values of the global variables of \`${name}\`.`, variables),
    `/** The names of the programs of \`${name}\`. */\n${unionType("Programs", programs)}`,
    `/** \`${name}\` in the kernel. */\nexport type Loaded = TypedObject${parameters};`,
    `/** What {@linkcode load} may be told. */\nexport type Options = TypedLoadOptions${parameters};`,
    [
      "/** Loads the programs and creates the maps. Nothing is attached yet. */",
      `export function load(options: Options = {}): Promise<Loaded> {`,
      `  return loadTyped${parameters}(OBJECT, {`,
      ...[
        ["maps", {
          object: writtenMaps.map(({ name, kind }) => [name, kind ?? "undefined"] as const),
          broken: true,
        }],
        ["programs", { array: programs.map((name) => JSON.stringify(name)), broken: true }],
        ["variables", { object: variables.map(({ name, codec }) => [name, codec] as const), broken: true }],
      ].map(([name, value]) => `    ${name}: ${print(value as Expression, 4, 6 + String(name).length, 1)},`),
      "  }, options);",
      "}",
    ].join("\n"),
    `const OBJECT: EmbeddedObject = {\n  name: ${JSON.stringify(name)},\n  base64: \`\n${
      base64(bytes)
    }\`,\n};`,
  ].join("\n\n") + "\n";
}

/** What the module itself declares and imports. */
const RESERVED = [
  ...["Loaded", "Maps", "OBJECT", "Options", "Programs", "Variables"],
  ...["Codec", "EmbeddedObject", "TypedLoadOptions", "TypedObject"],
];

/** Of maps that are there in two forms the one that has types: libbpf's own are not to be used. */
function isUsed({ name }: MapSpec): boolean {
  return !name.startsWith(".");
}

function idOf(btf: Btf | undefined, name: string): number {
  const kinds = ["struct", "union", "enum", "typedef"];
  const id = btf?.idsNamed(name).find((id) => kinds.includes(btf.kindOf(id)));
  if (id !== undefined) return id;
  throw new NotFoundError(
    `Cannot find type "${name}": the BTF of the object has none of that name. clang keeps types that something global is of: ` +
      `add to the source: const struct ${name} *unused __attribute__((unused));`,
  );
}

function importOf(names: readonly string[], library: string): string {
  const sorted = names.toSorted((a, b) => order(a) < order(b) ? -1 : 1);
  return `import {\n${sorted.map((name) => `  ${name},\n`).join("")}} from ${JSON.stringify(library)};`;
}

/** As `deno fmt` sorts: without `type`, letters before their case. */
function order(name: string): string {
  const bare = name.replace(/^type /, "");
  return `${bare.toLowerCase()} ${bare}`;
}

interface Property {
  readonly name: string;
  readonly type: readonly string[];
}

function interfaceOf(name: string, about: string, properties: readonly Property[]): string {
  const lines = properties.flatMap(({ name, type }) => {
    const [only] = type;
    if (type.length === 1 && only !== undefined) return member(name, only, 2);
    return type.map((line, i) =>
      (i === 0 ? `readonly ${property(name)}: ` : "") + line + (i === type.length - 1 ? ";" : "")
    );
  }).map((line) => `  ${line}\n`);
  if (lines.length === 0) return `/** ${about} */\nexport type ${name} = Record<never, never>;`;
  return `/** ${about} */\nexport interface ${name} {\n${lines.join("")}}`;
}

function unionType(name: string, names: readonly string[]): string {
  if (names.length === 0) return `export type ${name} = never;`;
  const line = `export type ${name} = ${names.map((one) => JSON.stringify(one)).join(" | ")};`;
  if (line.length <= 80) return line;
  return `export type ${name} =\n${names.map((one) => `  | ${JSON.stringify(one)}`).join("\n")};`;
}

function base64(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replace(new RegExp(`.{1,${BASE64_LINE}}`, "g"), "$&\n");
}
