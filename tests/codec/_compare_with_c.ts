/** Compares generated structs with what a C compiler makes of them. */
import { assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { run, withFolder } from "../_run.ts";
import { bytesLine, C_PREAMBLE, decoded } from "./_c_type.ts";
import type { GeneratedStruct } from "./_generate_structs.ts";

/** A struct with a value that C sets, and one whose bytes C is given. */
interface Case extends GeneratedStruct {
  readonly set: unknown;
  readonly given: unknown;
}

/** The bytes of a value of a generated struct, its flexible array member included. */
export function encoded({ type }: GeneratedStruct, value: unknown): Uint8Array<ArrayBuffer> {
  const { codec, fields } = type;
  const flexible = codec.fields.find((field) => field.codec.flexible);
  const elements = fields.find(({ name }) => name === flexible?.name)?.elements ?? 0;
  const end = flexible === undefined ? 0 : flexible.offset + elements * (flexible.codec.element?.size ?? 1);
  // Over ones, so that padding is seen to be zeroed
  const bytes = new Uint8Array(Math.max(codec.size, end)).fill(0xff);
  codec.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** Compares layouts, and values in both directions. */
export function compareWithC(structs: readonly GeneratedStruct[], compiler: "cc" | "clang"): void {
  const cases = structs.map((each): Case => {
    const { type, random } = each;
    return { ...each, set: type.value(random), given: type.value(random) };
  });
  const input = cases.map((each) => bytesLine(encoded(each, each.given)).slice(1)).join("\n");
  const printed = runC(cases, compiler, `${input}\n`).split("#\n").slice(1);
  assertEquals(printed.length, cases.length);
  cases.forEach((each, i) => compareCase(each, printed[i] ?? ""));
}

function runC(cases: readonly Case[], compiler: "cc" | "clang", input: string): string {
  return withFolder((folder) => {
    writeFileSync(`${folder}/structs.c`, sourceOf(cases));
    run(compiler, [
      "-O0",
      "-w",
      "-Wno-packed-bitfield-compat",
      "-fno-strict-aliasing",
      "structs.c",
      "-o",
      "structs",
    ], folder);
    // In a file, since Deno writes all of a pipe before it reads the other
    writeFileSync(`${folder}/input`, input);
    return execFileSync(`${folder}/structs`, [`${folder}/input`], { encoding: "utf8", maxBuffer: 1 << 26 });
  });
}

function sourceOf(cases: readonly Case[]): string {
  const functions = cases.map(({ type, definitions, set }) => {
    const { tag, fields, codec } = type;
    const flexible = fields.find(({ elements }) => elements !== undefined);
    const end = flexible === undefined
      ? "0"
      : `offsetof(struct ${tag}, ${flexible.name}) + ${flexible.elements} * sizeof(((struct ${tag} *)0)->${flexible.name}[0])`;
    const offsets = codec.fields.filter(({ bitWidth }) => bitWidth === undefined)
      .map(({ name }) => `printf(" ${name}:%zu", offsetof(struct ${tag}, ${name}));`);
    return `${definitions.join("\n")}
static void print_${tag}(struct ${tag} *p, size_t total)
{
${type.print("(*p)").join("\n")}
}
static void case_${tag}(void)
{
	enum { END = ${end}, TOTAL = sizeof(struct ${tag}) > END ? sizeof(struct ${tag}) : END };
	static _Alignas(16) u8 memory[TOTAL + 1];
	struct ${tag} *p = (struct ${tag} *)memory;
	printf("#\\n%zu:%zu", sizeof *p, _Alignof(struct ${tag}));
${offsets.join("\n")}
	printf("\\n");
${type.assign("(*p)", set).join("\n")}
	bytes(memory, TOTAL);
	print_${tag}(p, TOTAL);
	given(memory, TOTAL);
	print_${tag}(p, TOTAL);
}`;
  });
  const calls = cases.map(({ type }) => `\tcase_${type.tag}();`);
  return `${C_PREAMBLE}\n${
    functions.join("\n")
  }\nint main(int argc, char **argv)\n{\n\tfreopen(argv[1], "r", stdin);\n${
    calls.join("\n")
  }\n\treturn 0;\n}\n`;
}

function compareCase(each: Case, printed: string): void {
  const { type, set, given, definitions } = each;
  const { codec } = type;
  const places = codec.fields.filter(({ bitWidth }) => bitWidth === undefined)
    .map(({ name, offset }) => ` ${name}:${offset}`);
  const [layout, bytes = "", ...lines] = printed.trimEnd().split("\n").map(decoded);
  const message = definitions.join("\n");
  assertEquals(`${codec.size}:${codec.align}${places.join("")}`, layout, message);
  assertEquals(bytesLine(encoded(each, set)), bytes, message);
  const middle = lines.length / 2;
  const [own, theirs] = [encoded(each, given), fromHex(bytes)];
  assertEquals(linesOf(each, theirs), lines.slice(0, middle), message);
  assertEquals(linesOf(each, own), lines.slice(middle), message);
  // Again by the readers that are compiled once they are used much
  for (let i = 0; i < 40; i++) codec.read(new DataView(own.buffer), 0);
  assertEquals(linesOf(each, theirs), lines.slice(0, middle), message);
  assertEquals(linesOf(each, own), lines.slice(middle), message);
}

/** What C should print for bytes. */
function linesOf({ type }: GeneratedStruct, bytes: Uint8Array<ArrayBuffer>): string[] {
  return type.lines(type.codec.read(new DataView(bytes.buffer), 0));
}

function fromHex(line: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(line.slice(1).match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
