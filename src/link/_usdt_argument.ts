/**
 * The arguments of USDT probes, as compilers write where they are.
 *
 * Format: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation, with operands as assemblers have them.
 *
 * @module
 */
import { registerOffset, type UsdtMachine } from "./_usdt_registers.ts";

/** Where an argument is: registers by their offset in `struct pt_regs`, in bytes. */
export type UsdtPlace =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: number }
  | { readonly kind: "memory"; readonly register: number; readonly offset: bigint }
  /** At `register + (index << shift) + offset`. */
  | {
    readonly kind: "indexed";
    readonly register: number;
    readonly index: number;
    readonly shift: number;
    readonly offset: bigint;
  }
  /** In a variable of the file, so many bytes from its start. */
  | { readonly kind: "variable"; readonly name: string; readonly offset: bigint };

/** An argument. */
export interface UsdtArgument {
  /** In bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  readonly place: UsdtPlace;
}

/** The arguments of a note, each as the compiler wrote it: operands of aarch64 have spaces in them. */
export function splitArguments(text: string): string[] {
  return text === "" ? [] : text.split(/\s+(?=-?\d+f?@)/);
}

const NUMBER = /[-+]?(?:0[xX][\da-fA-F]+|\d+)/.source;
const REGISTER = /([a-z]\w*)/.source;

function operand(...parts: readonly string[]): RegExp {
  return new RegExp(`^${parts.join("\\s*")}$`);
}

/** The forms of operands, with what their parts are. */
interface Form {
  readonly pattern: RegExp;
  readonly parts: readonly ("constant" | "register" | "offset" | "index" | "scale" | "variable" | "after")[];
}

const FORMS: Readonly<Record<UsdtMachine, readonly Form[]>> = {
  x86_64: [
    { pattern: operand("\\$", `(${NUMBER})`), parts: ["constant"] },
    { pattern: operand(`%${REGISTER}`), parts: ["register"] },
    {
      pattern: operand(
        `(${NUMBER})?`,
        "\\(",
        `%${REGISTER}`,
        `(?:,\\s*%${REGISTER}\\s*(?:,\\s*(\\d+)\\s*)?)?`,
        "\\)",
      ),
      parts: ["offset", "register", "index", "scale"],
    },
    // 48+values(%rip) of gcc, values+48(%rip) of clang
    {
      pattern: operand(`(?:(${NUMBER})\\+)?([A-Za-z_.$][\\w.$]*)([-+]${NUMBER})?`, "\\(", "%rip", "\\)"),
      parts: ["offset", "variable", "after"],
    },
  ],
  aarch64: [
    { pattern: operand(`#?(${NUMBER})`), parts: ["constant"] },
    { pattern: operand(REGISTER), parts: ["register"] },
    {
      pattern: operand("\\[", REGISTER, `(?:,\\s*#?(${NUMBER})\\s*)?`, "\\]"),
      parts: ["register", "offset"],
    },
  ],
};

/**
 * Reads one argument.
 *
 * @returns It, or why programs cannot have it.
 */
export function parseArgument(text: string, machine: UsdtMachine): UsdtArgument | string {
  const [, sign, digits = "", float, operand = ""] = /^(-?)(\d+)(f?)@\s*(.*?)\s*$/.exec(text) ?? [];
  if (operand === "") return "it has no size and place";
  if (float || /^%[xyz]mm\d|^[vqdsh]\d+$/.test(operand)) return "it is a floating-point number";
  const size = Number(digits);
  if (![1, 2, 4, 8].includes(size)) return `it has ${size} bytes, not 1, 2, 4 or 8`;
  for (const { pattern, parts } of FORMS[machine]) {
    const match = pattern.exec(operand);
    if (!match) continue;
    const place = placeOf(new Map(parts.map((part, i) => [part, match[i + 1]])), machine, operand);
    return typeof place === "string" ? place : { size, signed: sign === "-", place };
  }
  return "its place is of an unknown form";
}

function placeOf(
  parts: ReadonlyMap<string, string | undefined>,
  machine: UsdtMachine,
  operand: string,
): UsdtPlace | string {
  const constant = parts.get("constant");
  if (constant !== undefined) return { kind: "constant", value: integer(constant) };
  const [name, offset] = [parts.get("variable"), integer(parts.get("offset") ?? "0")];
  if (name !== undefined) {
    return { kind: "variable", name, offset: offset + integer(parts.get("after") ?? "0") };
  }
  const names = [parts.get("register"), parts.get("index")].filter((name) => name !== undefined);
  const registers = names.map((name) => registerOffset(machine, name));
  const missing = registers.indexOf(undefined);
  if (missing >= 0) return `programs have no register "${names[missing]}"`;
  const [register = 0, index] = registers;
  if (/^[%\w]+$/.test(operand)) return { kind: "register", register };
  if (index === undefined) return { kind: "memory", register, offset };
  const scale = Number(parts.get("scale") ?? 1);
  const shift = [1, 2, 4, 8].indexOf(scale);
  if (shift < 0) return `its index is scaled by ${scale}, not 1, 2, 4 or 8`;
  return { kind: "indexed", register, index, shift, offset };
}

/** As `BigInt()` reads it, with a sign before hexadecimal numbers too. */
function integer(text: string): bigint {
  const value = BigInt(text.replace(/^[-+]/, ""));
  return text.startsWith("-") ? -value : value;
}
