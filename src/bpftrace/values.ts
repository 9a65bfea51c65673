/**
 * Values as people read them, in bpftrace's words.
 *
 * @module
 */
import type { StackMode, ValueType } from "../lang/bpftrace/mod.ts";
import type { Leaf } from "./decode.ts";
import type { Names } from "./names.ts";
import { strftime } from "./strftime.ts";

/** A value as JSON has it, where it is more than text or a number. */
export type Json = string | number | bigint | readonly Json[];

/** Shows values. */
export class Values {
  readonly #names: Names;

  /** Asks for the names of things where they are needed. */
  constructor(names: Names) {
    this.#names = names;
  }

  /**
   * A value as text. It takes its parts from the front of the list.
   *
   * @param indent Of the lines of a stack, in spaces.
   */
  text(type: ValueType, leaves: Leaf[], indent = 8): string {
    switch (type.kind) {
      case "tuple":
        return `(${type.parts.map((part) => this.text(part, leaves, indent)).join(", ")})`;
      case "array":
        return `[${Array.from({ length: type.length }, () => this.text(type.of, leaves, indent)).join(",")}]`;
      case "stack":
        return this.#stack(type, number(leaves), number(leaves), indent);
      default:
        return `${this.plain(type, leaves)}`;
    }
  }

  /** A value for JSON. */
  json(type: ValueType, leaves: Leaf[]): Json {
    switch (type.kind) {
      case "tuple":
        return type.parts.map((part) => this.json(part, leaves));
      case "array":
        return Array.from({ length: type.length }, () => this.json(type.of, leaves));
      case "int":
      case "pointer":
        return this.plain(type, leaves);
      default:
        return this.text(type, leaves);
    }
  }

  /** What `printf()` puts into a place: a number, or text. */
  plain(type: ValueType, leaves: Leaf[]): string | bigint {
    switch (type.kind) {
      case "string":
        return `${leaves.shift() ?? ""}`;
      case "buffer":
        return escaped(bytesOf(type.size, leaves));
      case "ksym":
        return this.#names.kernel(number(leaves));
      case "usym":
        return this.#names.user(number(leaves), number(leaves));
      case "inet":
        return address(number(leaves), number(leaves), number(leaves));
      case "mac":
        return mac(number(leaves), number(leaves));
      case "username":
        return this.#names.account(number(leaves));
      case "timestamp":
        return strftime(type.format, this.#names.timeOf(number(leaves)));
      case "cgroupPath":
        return this.#names.cgroup(number(leaves), type.pattern);
      case "tuple":
      case "array":
      case "stack":
        return this.text(type, leaves);
      default:
        return number(leaves);
    }
  }

  /** The lines of a stack, between line ends. */
  #stack(
    { user, mode, limit }: { readonly user: boolean; readonly mode: StackMode; readonly limit: number },
    id: bigint,
    pid: bigint,
    indent: number,
  ): string {
    const frames = this.#names.stack(user, BigInt.asIntN(64, id), pid, limit);
    const lines = frames.map(({ address, name, offset, module }) => {
      const text = name === undefined ? `0x${address.toString(16)}` : `${name}+${offset}`;
      switch (mode) {
        case "raw":
          return " ".repeat(indent) + address.toString(16);
        case "perf":
          return `\t${address.toString(16)} ${text}${user ? ` (${module ?? "[unknown]"})` : ""}`;
        default:
          return " ".repeat(indent) + text;
      }
    });
    return ["", ...lines, ""].join("\n");
  }
}

/** The bytes of a buffer. */
export function bytesOf(size: number, leaves: Leaf[]): Uint8Array {
  const leaf = leaves.shift();
  if (typeof leaf === "object") return leaf;
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(`${leaf ?? ""}`).subarray(0, size));
  return bytes;
}

function number(leaves: Leaf[]): bigint {
  const leaf = leaves.shift();
  return typeof leaf === "bigint" ? leaf : 0n;
}

/** Bytes as text, those that cannot be shown as `\x1f`. */
export function escaped(bytes: Uint8Array, form: "r" | "rx" | "rh" = "r"): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  if (form === "rx") return hex.map((one) => `\\x${one}`).join("");
  if (form === "rh") return hex.join(" ");
  return [...bytes].map((byte, i) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${hex[i]}`)
    .join("");
}

/** `AF_INET6`. */
const INET6 = 10n;

function address(family: bigint, low: bigint, high: bigint): string {
  const view = new DataView(new ArrayBuffer(16));
  view.setBigUint64(0, low, true);
  view.setBigUint64(8, high, true);
  if (family !== INET6) return [0, 1, 2, 3].map((at) => view.getUint8(at)).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(i * 2));
  return shortened(groups);
}

/** The longest run of zeroes is left out: `inet_ntop()`. An IPv4 address that is mapped is shown as one. */
function shortened(groups: readonly number[]): string {
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
    return `::ffff:${bytes.join(".")}`;
  }
  let [best, length] = [-1, 1];
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (groups[to] === 0) to++;
    if (to - from > length) [best, length] = [from, to - from];
  }
  const hex = groups.map((group) => group.toString(16));
  if (best < 0) return hex.join(":");
  return `${hex.slice(0, best).join(":")}::${hex.slice(best + length).join(":")}`;
}

function mac(low: bigint, high: bigint): string {
  const bytes = [0n, 8n, 16n, 24n].map((shift) => low >> shift & 0xffn).concat(
    high & 0xffn,
    high >> 8n & 0xffn,
  );
  return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(":");
}
