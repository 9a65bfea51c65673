/**
 * Variables that the kernel's configuration decides (`extern … __kconfig`).
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { LayoutError, NotFoundError, NotSupportedError } from "../errors.ts";
import { kernelBtf, type KernelConfig, kernelConfig, kernelVersionCode, parseConfig } from "../kernel/mod.ts";
import type { KconfigSpec } from "../spec/mod.ts";

/** Values that no file has; libbpf defines them (`bpf_object__resolve_externs`). */
const VIRTUAL: ReadonlyMap<string, () => number> = new Map([
  ["LINUX_KERNEL_VERSION", kernelVersionCode],
  ["LINUX_HAS_BPF_COOKIE", () => Number(hasHelper("BPF_FUNC_get_attach_cookie"))],
  ["LINUX_HAS_SYSCALL_WRAPPER", () => Number(hasWrapper("__x64_sys_bpf") || hasWrapper("__arm64_sys_bpf"))],
]);

function hasHelper(name: string): boolean {
  return kernelBtf().find("bpf_func_id", "enum")?.values.some((value) => value.name === name) ?? false;
}

function hasWrapper(name: string): boolean {
  return kernelBtf().find(name, "function") !== undefined;
}

/**
 * The bytes of the map `.kconfig`.
 *
 * @param extra Lines such as `CONFIG_X=y`, which count before those of the kernel.
 *
 * @throws {NotFoundError} An option that is not declared weak is not set.
 * @throws {LayoutError} A value does not fit its variable.
 */
export function kconfigContents(variables: readonly KconfigSpec[], size: number, extra = ""): Uint8Array {
  const given = parseConfig(extra);
  const contents = new Uint8Array(size);
  for (const variable of variables) {
    const value = valueOf(variable, given);
    if (value !== undefined) write(new DataView(contents.buffer), variable, value);
    else if (!variable.weak) {
      throw new NotFoundError(
        `Cannot load kernel option "${variable.name}": the kernel's configuration does not set it: declare it __weak`,
      );
    }
  }
  return contents;
}

function valueOf({ name, weak }: KconfigSpec, given: KernelConfig): string | undefined {
  if (name.startsWith("CONFIG_")) return given.get(name) ?? kernelConfig().get(name);
  const virtual = VIRTUAL.get(name);
  if (virtual) return String(virtual());
  if (weak && name.startsWith("LINUX_")) return undefined;
  throw new NotSupportedError(
    `Cannot load kernel option "${name}": only CONFIG_… and known LINUX_… ones are values`,
  );
}

/** Writes a value of the configuration: `y`, `n` or `m`, text in quotes, or a number. */
function write(view: DataView, variable: KconfigSpec, value: string): void {
  if (/^[ynm]$/.test(value)) writeTristate(view, variable, value);
  else if (value.startsWith('"')) writeText(view, variable, value);
  else writeNumber(view, variable, value);
}

function writeTristate(view: DataView, variable: KconfigSpec, value: string): void {
  const { kind, offset } = variable;
  if (kind === "char") return view.setUint8(offset, value.charCodeAt(0));
  if (kind === "tristate") return view.setUint32(offset, "nym".indexOf(value), LITTLE_ENDIAN);
  if (kind !== "bool" || value === "m") throw mismatch(variable, value);
  view.setUint8(offset, Number(value === "y"));
}

function writeText(view: DataView, variable: KconfigSpec, value: string): void {
  const { kind, offset, size } = variable;
  if (kind !== "string" || !/^".*"$/.test(value)) throw mismatch(variable, value);
  const text = new TextEncoder().encode(value.slice(1, -1)).subarray(0, size - 1);
  new Uint8Array(view.buffer).set(text, offset);
}

function writeNumber(view: DataView, variable: KconfigSpec, value: string): void {
  const { kind, offset, size, signed } = variable;
  const number = parseNumber(value);
  const low = signed ? -(1n << BigInt(size * 8 - 1)) : 0n;
  const fits = number !== undefined &&
    (size === 8 || (number >= low && number < low + (1n << BigInt(size * 8))));
  const numeric = kind === "int" || kind === "char" || (kind === "bool" && (number === 0n || number === 1n));
  if (number === undefined || !numeric || !fits) throw mismatch(variable, value);
  if (size === 8) view.setBigUint64(offset, BigInt.asUintN(64, number), LITTLE_ENDIAN);
  else if (size === 4) view.setUint32(offset, Number(BigInt.asUintN(32, number)), LITTLE_ENDIAN);
  else if (size === 2) view.setUint16(offset, Number(BigInt.asUintN(16, number)), LITTLE_ENDIAN);
  else view.setUint8(offset, Number(BigInt.asUintN(8, number)));
}

/** As strtoull(3) with base 0 reads it: decimal, `0x…` or octal with a leading zero, perhaps negative. */
function parseNumber(text: string): bigint | undefined {
  const [, sign, digits = ""] = /^(-?)(0x[0-9a-f]+|\d+)$/i.exec(text) ?? [];
  if (digits === "" || /^0[0-7]*[89]/.test(digits)) return undefined;
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return sign === "-" ? -value : value;
}

function mismatch({ name, kind, size }: KconfigSpec, value: string): LayoutError {
  return new LayoutError(
    `Cannot load kernel option "${name}": the kernel has ${value}, the variable is a ${kind} of ${size} bytes`,
  );
}
