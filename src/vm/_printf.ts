/** Text as `bpf_trace_printk()` and its relatives make it (`bpf_bprintf_prepare` in kernel/bpf/helpers.c). */
import { Fault } from "./_memory.ts";

/** Reads what arguments point to. */
export interface PrintfMemory {
  /** Up to a NUL; `undefined` where the address is of nothing. */
  text(address: bigint): string | undefined;
  bytes(address: bigint, size: number): Uint8Array | undefined;
}

const CONVERSION =
  /%(%|([-+ #0]*)(\d*)(?:\.(\d+))?(p(?:I4|I6|i4|i6|ks|us|x|B|K|s|S)?|(?:hh|h|ll|l|z)?[diuxXc]|s))/g;

/** Fills the arguments into a format. Each conversion takes one argument of 64 bits. */
export function printf(format: string, args: readonly bigint[], memory: PrintfMemory): string {
  let next = 0;
  const text = format.replace(CONVERSION, (_, body, flags, width, precision, conversion) => {
    if (body === "%") return "%";
    const value = args[next++];
    if (value === undefined) throw new Fault(`prints "${format}" with ${args.length} arguments`);
    return pad(convert(conversion, value, flags, precision, memory), flags, Number(width));
  });
  const stray = /%/.exec(format.replace(CONVERSION, ""));
  if (stray !== null) {
    throw new Fault(`prints "${format}", which has a conversion that the kernel does not know`);
  }
  return text;
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0") || text.length >= width) return text.padStart(width);
  const sign = /^-/.test(text) ? 1 : 0;
  return text.slice(0, sign) + "0".repeat(width - text.length) + text.slice(sign);
}

function convert(
  conversion: string,
  value: bigint,
  flags: string,
  precision: string | undefined,
  memory: PrintfMemory,
): string {
  const last = conversion.at(-1);
  if (conversion.startsWith("p")) return pointer(conversion, value, memory);
  if (last === "s") {
    const text = memory.text(value) ?? "";
    return precision === undefined ? text : text.slice(0, Number(precision));
  }
  if (last === "c") return String.fromCharCode(Number(value & 0xffn));
  const bits = /^(ll|l|z)/.test(conversion)
    ? 64
    : conversion.startsWith("hh")
    ? 8
    : conversion.startsWith("h")
    ? 16
    : 32;
  if (last === "d" || last === "i") return String(BigInt.asIntN(bits, value));
  const unsigned = BigInt.asUintN(bits, value);
  if (last === "u") return String(unsigned);
  const digits = unsigned.toString(16);
  const text = flags.includes("#") ? `0x${digits}` : digits;
  return last === "X" ? text.toUpperCase() : text;
}

function pointer(conversion: string, value: bigint, memory: PrintfMemory): string {
  switch (conversion) {
    case "pI4":
    case "pi4": {
      const bytes = memory.bytes(value, 4) ?? new Uint8Array(4);
      return [...bytes].map((byte) => conversion === "pi4" ? String(byte).padStart(3, "0") : byte).join(".");
    }
    case "pI6":
    case "pi6": {
      const bytes = memory.bytes(value, 16) ?? new Uint8Array(16);
      const words = bytes.toHex().match(/.{4}/g) ?? [];
      return words.join(conversion === "pi6" ? "" : ":");
    }
    case "pks":
    case "pus":
      return memory.text(value) ?? "";
  }
  // The kernel prints a hash of plain pointers, which here is the address.
  const digits = value.toString(16);
  return conversion === "px" ? digits : digits.padStart(16, "0");
}
