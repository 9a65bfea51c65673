/**
 * Structs and enums of the kernel as declarations of TypeScript, each when it is first named.
 *
 * @module
 */
import { type Btf, type BtfComposite, skipModifiers } from "../btf/core.ts";
import {
  bigEndianSize,
  type ContextSpec,
  type IntType,
  intTypeOf,
  isAddress,
  isHardware,
  parametersOf,
  type ParameterSpec,
  type Shown,
} from "../lang/core.ts";
import { alias, member, unionOf } from "./layout.ts";

/**
 * How many addresses lead from an argument to the last struct that is declared. What is behind it TypeScript does not know: all
 * that a task leads to are thousands.
 */
const MOST_STEPS = 3;

/** Where something in `declare module` is, in columns. */
const INDENT = 6;

interface Waiting {
  readonly struct: BtfComposite;
  readonly steps: number;
}

/** Declarations that are made. */
export class Declarations {
  readonly #btf: Btf;
  readonly #imports: Set<string> = new Set();
  readonly #lines: Map<string, readonly string[]> = new Map();
  /** Names of structs by their ids, and of anything by what is declared. */
  readonly #names: Map<number, string> = new Map();
  readonly #aliases: Map<string, string> = new Map();
  readonly #taken: Set<string> = new Set();
  #waiting: Waiting[] = [];

  /** Of types of a kernel. */
  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** What the declarations are made of, in order. */
  get imports(): string[] {
    return [...this.#imports].sort();
  }

  /** The members that the fields of a tracepoint are. */
  fieldsOf(context: Extract<ContextSpec, { kind: "fields" }>): string[] {
    const things = parametersOf(context, () => this.#btf);
    return context.fields.flatMap(({ name }) => member(name, this.#fieldType(things, name), INDENT));
  }

  /** The members that arguments are. */
  parametersOf(parameters: readonly ParameterSpec[]): string[] {
    return parameters.flatMap(({ name, typeId }) => member(name, this.typeOf(typeId, name), INDENT));
  }

  /** A type by its id, for a member of this name; so many steps away from the arguments. */
  typeOf(typeId: number, name: string, steps = 0): string {
    const type = skipModifiers(this.#btf, typeId);
    switch (type.kind) {
      case "int":
      case "enum": {
        const int = intTypeOf(this.#btf, typeId);
        if (!int) return "never";
        const size = bigEndianSize(this.#btf, typeId);
        if (size !== undefined && isAddress(size, name)) return "string";
        return this.#number(int, type.kind === "enum" && type.name !== "" ? type.name : name);
      }
      case "pointer":
        return this.#pointer(type.typeId, name, steps);
      case "array": {
        const element = skipModifiers(this.#btf, type.typeId);
        if (element.kind === "int" && element.size === 1) {
          if (element.char || element.name === "char" || isHardware(type.length, name)) return "string";
        }
        return `readonly ${this.typeOf(type.typeId, name, steps)}[]`;
      }
      case "struct":
      case "union":
        return type.name === "in6_addr" ? "string" : this.#struct(type, name, steps);
      default:
        return "never";
    }
  }

  /** All that was named, by name. */
  finish(): (readonly string[])[] {
    for (let steps = 0; steps <= MOST_STEPS; steps++) {
      // What is embedded is as far away as what it is in
      while (this.#waiting.some((one) => one.steps === steps)) {
        const now = this.#waiting.filter((one) => one.steps === steps);
        this.#waiting = this.#waiting.filter((one) => one.steps !== steps);
        for (const one of now) this.#declare(one);
      }
    }
    return [...this.#lines].sort(([a], [b]) => a < b ? -1 : 1).map(([, lines]) => lines);
  }

  #fieldType(things: ReturnType<typeof parametersOf>, name: string): string {
    const thing = things.member(name, { offset: 0, line: 1, column: 1 });
    switch (thing.kind) {
      case "scalar":
        return thing.value.type.kind === "int"
          ? this.#number(thing.value.type, name)
          : this.#pointer(thing.value.type.typeId, name, 0);
      case "namespace": {
        const type = thing.address?.type;
        if (type?.kind === "pointer") return this.#pointer(type.typeId, name, 0);
        const whole = thing.whole?.({ offset: 0, line: 1, column: 1 }).type;
        return whole?.kind === "array" && whole.of.kind === "int"
          ? `readonly ${this.#number(whole.of, name)}[]`
          : "never";
      }
      default:
        return "string";
    }
  }

  #number({ size, shown }: IntType, name: string): string {
    if (typeof shown === "object") return shown.flags ? this.#use("KernelFlags") : this.#enum(shown, name);
    if (shown === "boolean") return "boolean";
    if (shown === "ipv4") return "string";
    if (shown === "mode") return this.#use("KernelMode");
    if (shown === "device") return this.#use("KernelDevice");
    return size === 8 ? this.#use("KernelLong") : "number";
  }

  #enum({ values }: Extract<Shown, object>, name: string): string {
    const type = unionOf("KernelEnum", values.map(({ name }) => name));
    const known = this.#aliases.get(type);
    if (known !== undefined) return known;
    this.#use("KernelEnum");
    const own = this.#unused(`enum_${name}`);
    this.#aliases.set(type, own);
    this.#lines.set(own, alias(own, type));
    return own;
  }

  #pointer(typeId: number, name: string, steps: number): string {
    const there = skipModifiers(this.#btf, typeId);
    if (there.kind !== "struct" && there.kind !== "union") return this.#use("KernelPointer");
    this.#use("KernelRef");
    if (steps >= MOST_STEPS && !this.#names.has(there.id)) return "KernelRef";
    return `KernelRef<${this.#struct(there, name, steps + 1)}>`;
  }

  #struct(struct: BtfComposite, name: string, steps: number): string {
    const known = this.#names.get(struct.id);
    if (known !== undefined) return known;
    const own = this.#unused(`${struct.kind}_${struct.name || `of_${name}`}`);
    this.#names.set(struct.id, own);
    this.#waiting.push({ struct, steps });
    return own;
  }

  #declare({ struct, steps }: Waiting): void {
    const own = this.#names.get(struct.id) ?? "";
    const members = [...this.#members(struct, steps, new Set())];
    const single = this.#singleOf(struct, steps);
    const name = single === undefined ? own : `${own}_members`;
    const lines = members.length === 0
      ? [`type ${name} = Record<never, never>;`]
      : [`interface ${name} {`, ...members.map((line) => `  ${line}`), "}"];
    if (single !== undefined) {
      lines.push("", ...alias(own, `${this.#use("KernelSingle")}<${name}, ${single}>`));
    }
    this.#lines.set(own, lines);
  }

  *#members(struct: BtfComposite, steps: number, seen: Set<string>): Generator<string> {
    for (const { name, typeId, bitSize } of struct.members) {
      const type = skipModifiers(this.#btf, typeId);
      if (name === "") {
        if (type.kind === "struct" || type.kind === "union") yield* this.#members(type, steps, seen);
        continue;
      }
      if (seen.has(name)) continue;
      seen.add(name);
      const int = bitSize > 0 ? intTypeOf(this.#btf, typeId) : undefined;
      // Bits of a bool are a number as all others
      yield* member(name, int?.shown === "boolean" ? "number" : this.typeOf(typeId, name, steps), 2);
    }
  }

  /** The number that a struct of one member is. */
  #singleOf({ members: [only, ...more] }: BtfComposite, steps: number): string | undefined {
    if (!only || more.length > 0 || only.bitSize > 0) return undefined;
    const type = skipModifiers(this.#btf, only.typeId);
    if (type.kind === "int" || type.kind === "enum" || type.kind === "pointer") {
      return type.kind === "pointer" && this.#pointsToStruct(type.typeId)
        ? undefined
        : this.typeOf(only.typeId, only.name, steps);
    }
    return type.kind === "struct" || type.kind === "union" ? this.#singleOf(type, steps) : undefined;
  }

  #pointsToStruct(typeId: number): boolean {
    const { kind } = skipModifiers(this.#btf, typeId);
    return kind === "struct" || kind === "union";
  }

  #use(name: string): string {
    this.#imports.add(name);
    return name;
  }

  #unused(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
