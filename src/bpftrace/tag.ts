/**
 * Scripts in TypeScript: the tagged template.
 *
 * @module
 */
import type { ScriptOptions } from "./options.ts";
import { Script } from "./script.ts";

/**
 * Attaches a script of bpftrace. Values between `${` and `}` are numbers and texts of the script, never a part of its code.
 *
 * @example System calls by process
 * ```ts ignore
 * import { bpftrace } from "@waggle/ebpf/bpftrace";
 *
 * using calls = bpftrace`tracepoint:raw_syscalls:sys_enter /pid != ${self}/ { @[comm] = count(); }`;
 * setTimeout(() => console.log(`${calls.maps["@"]}`), 1000);
 * ```
 *
 * @throws {CompileError} The script says what cannot be; the message has the place, and the cure.
 * @throws {NotFoundError} There is no such probe; the message lists the closest names.
 * @throws {NotSupportedError} The machine has no probes of that kind.
 * @throws {PermissionError} The process lacks a capability.
 */
export function bpftrace(
  source: TemplateStringsArray,
  ...values: readonly (number | bigint | string)[]
): Script {
  const text = source.raw.reduce((before, after, i) => before + literal(values[i - 1] ?? "") + after);
  return new Script(text, {});
}

/**
 * Attaches a script of bpftrace that is text, as that of a file.
 *
 * @example
 * ```ts ignore
 * import { script } from "@waggle/ebpf/bpftrace";
 *
 * using opens = script(await Deno.readTextFile("opensnoop.bt"), { file: "opensnoop.bt" });
 * for await (const line of opens) console.log(line);
 * ```
 *
 * @throws {CompileError} The script says what cannot be; the message has the place, and the cure.
 * @throws {NotFoundError} There is no such probe; the message lists the closest names.
 * @throws {NotSupportedError} The machine has no probes of that kind.
 * @throws {PermissionError} The process lacks a capability.
 */
export function script(source: string, options: ScriptOptions = {}): Script {
  return new Script(source, options);
}

/** A value as the script has it: a number, or text between quotes. */
function literal(value: number | bigint | string): string {
  if (typeof value === "string") return `"${[...value].map(escape).join("")}"`;
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return value < 0 ? `(${value})` : `${value}`;
  throw new TypeError(`Cannot put ${value} into a script: it is no whole number below 2^53`);
}

function escape(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `\\x${code.toString(16).padStart(2, "0")}` : character;
}
