/**
 * Declarations of what kernel functions in TypeScript are called with, for editors and type checks.
 *
 * @module
 */
import type { Btf } from "../btf/core.ts";
import type { ContextSpec, ParameterSpec } from "../lang/core.ts";
import { Declarations } from "./declarations.ts";
import { member, property } from "./layout.ts";

/** A function of the kernel to declare. */
export interface WantedFunction {
  readonly parameters: readonly ParameterSpec[];
  /** What it returns, in the BTF of the kernel; `undefined` where that is nothing. */
  readonly result: number | undefined;
}

/** What to declare, by the names that scripts give to the functions that attach. */
export interface KernelDeclarationsOptions {
  readonly btf: Btf;
  /** What the first line says: the kernel, and what was asked for. */
  readonly about: string;
  readonly tracepoints: Readonly<Record<string, Extract<ContextSpec, { kind: "fields" }>>>;
  readonly rawTracepoints: Readonly<Record<string, readonly ParameterSpec[]>>;
  readonly functions: Readonly<Record<string, WantedFunction>>;
}

/**
 * Makes a module that declares the contexts of kernel functions, with the structs of the kernel that these lead to. The same
 * kernel and names give the same text, which is as `deno fmt` has it.
 */
export function kernelDeclarations(options: KernelDeclarationsOptions): string {
  const { btf, about, tracepoints, rawTracepoints, functions } = options;
  const declarations = new Declarations(btf);
  const sections = [
    section("Tracepoints", tracepoints, (context) => declarations.fieldsOf(context)),
    section("RawTracepoints", rawTracepoints, (parameters) => declarations.parametersOf(parameters)),
    section("KernelFunctions", functions, ({ parameters, result }) => [
      ...block("readonly args", declarations.parametersOf(parameters)),
      ...result === undefined ? [] : member("retval", declarations.typeOf(result, "retval")),
    ]),
  ].filter((lines) => lines.length > 0);
  const structs = declarations.finish();
  return [
    `// ${about}`,
    ...imports(declarations.imports),
    ...structs.flatMap((lines) => ["", ...lines]),
    "",
    'declare module "@waggle/ebpf/trace" {',
    ...sections.flatMap((lines, i) => [...i > 0 ? [""] : [], ...lines.map(indent)]),
    "}",
    "",
  ].join("\n");
}

/** An interface with a property for each name. */
function section<T>(
  name: string,
  wanted: Readonly<Record<string, T>>,
  members: (one: T) => readonly string[],
): string[] {
  const names = Object.keys(wanted).sort();
  if (names.length === 0) return [];
  const bodies = names.flatMap((name) => {
    const one = wanted[name];
    return one === undefined ? [] : block(`readonly ${property(name)}`, members(one));
  });
  return [`interface ${name} {`, ...bodies.map(indent), "}"];
}

function block(head: string, members: readonly string[]): string[] {
  if (members.length === 0) return [`${head}: Record<never, never>;`];
  return [`${head}: {`, ...members.map(indent), "};"];
}

function indent(line: string): string {
  return line === "" ? "" : `  ${line}`;
}

/** Without a name, what makes a module of the file: only there a declaration adds to another one. */
function imports(names: readonly string[]): string[] {
  if (names.length === 0) return ["export {};"];
  const line = `import type { ${names.join(", ")} } from "@waggle/ebpf/trace";`;
  if (line.length <= 80) return [line];
  return ["import type {", ...names.map((name) => `  ${name},`), '} from "@waggle/ebpf/trace";'];
}
