/** What a function is called with, as the bytes of its context. */
import { type Btf, type BtfComposite, sizeOf, skipModifiers } from "../btf/core.ts";
import { NotFoundError } from "../errors.ts";
import type { ContextSpec } from "../lang/mod.ts";
import { closest } from "../names.ts";
import type { Vm } from "../vm/mod.ts";
import type { TestCall, TestStruct, TestValue } from "./types.ts";

/** The registers of x86-64 that arguments are in, and what is returned: the System V ABI. */
const REGISTERS = ["di", "si", "dx", "cx", "r8", "r9"] as const;
const RESULT = "ax";

type Spec<K extends ContextSpec["kind"]> = Extract<ContextSpec, { kind: K }>;

/** Makes contexts, in the memory of a machine. */
export class CallEncoder {
  readonly #vm: Vm;
  readonly #types: () => Btf;

  constructor(vm: Vm, types: () => Btf) {
    this.#vm = vm;
    this.#types = types;
  }

  /** The context; `undefined` where the function has none but a packet. */
  context(spec: ContextSpec, call: TestCall): Uint8Array | undefined {
    if (call.context) return call.context;
    switch (spec.kind) {
      case "fields":
        return this.#fields(spec, call);
      case "typed":
        return this.#typed(spec, call);
      case "registers":
        return this.#registers(spec, call);
      default:
        return undefined;
    }
  }

  /** The address of a struct with these members, all others of which are 0. */
  struct(name: string, given: TestStruct): bigint {
    const btf = this.#types();
    const found = btf.find(name, "struct");
    if (!found) {
      throw new NotFoundError(`Cannot make struct ${name}: the kernel's types have none of that name`);
    }
    return this.#allocate(this.#bytesOf(btf, found.id, given), `struct ${name}`);
  }

  #allocate(bytes: Uint8Array, name: string): bigint {
    return this.#vm.allocate(bytes, name);
  }

  #fields({ fields }: Spec<"fields">, { args = {} }: TestCall): Uint8Array {
    const given = byName(args, fields.map(({ name }) => name));
    const parts: Uint8Array[] = [];
    let end = Math.max(0, ...fields.map(({ offset, size }) => offset + size));
    const bytes = new Uint8Array(end);
    const view = new DataView(bytes.buffer);
    for (const { name, type, offset, size, elsewhere } of fields) {
      const value = given.get(name);
      if (value === undefined) continue;
      const data = typeof value === "string" ? encoded(value) : value;
      if (data instanceof Uint8Array && elsewhere) {
        view.setUint32(offset, data.length << 16 | end, true); // `__data_loc`
        parts.push(data);
        end += data.length;
      } else if (data instanceof Uint8Array && type.includes("*")) {
        view.setBigUint64(offset, this.#allocate(data, name), true);
      } else if (data instanceof Uint8Array) {
        bytes.set(data.subarray(0, size), offset);
      } else {
        put(view, offset, size, this.#number(data, undefined));
      }
    }
    const whole = new Uint8Array(end);
    whole.set(bytes);
    let at = bytes.length;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #typed({ parameters, result }: Spec<"typed">, { args = {}, retval }: TestCall): Uint8Array {
    const given = byName(args, parameters.map(({ name }) => name));
    const all = [
      ...parameters.map(({ name, typeId }) => ({ typeId, value: given.get(name) })),
      ...result === undefined ? [] : [{ typeId: result, value: retval }],
    ];
    const view = new DataView(new ArrayBuffer(all.length * 8));
    all.forEach(({ typeId, value = 0 }, i) => put(view, i * 8, 8, this.#number(value, typeId)));
    return new Uint8Array(view.buffer);
  }

  #registers({ parameters }: Spec<"registers">, { args = {}, retval = 0 }: TestCall): Uint8Array {
    const btf = this.#types();
    const found = btf.find("pt_regs", "struct");
    const struct = found && btf.type(found.id);
    if (struct?.kind !== "struct") {
      throw new NotFoundError("Cannot make registers: there is no struct pt_regs");
    }
    const view = new DataView(new ArrayBuffer(struct.size));
    const given = Array.isArray(args)
      ? args.map((value: TestValue, i) => ({ value, typeId: parameters[i]?.typeId }))
      : parameters.map(({ name, typeId }) => (
        { value: byName(args, parameters.map(({ name }) => name)).get(name), typeId }
      ));
    given.forEach(({ value, typeId }, i) => {
      const register = REGISTERS[i];
      if (register && value !== undefined) {
        put(view, placeIn(struct, register), 8, this.#number(value, typeId));
      }
    });
    put(view, placeIn(struct, RESULT), 8, this.#number(retval, undefined));
    return new Uint8Array(view.buffer);
  }

  /** A value as what a register holds: of what is no number, the address. */
  #number(value: TestValue, typeId: number | undefined): bigint {
    if (typeof value === "string") return this.#allocate(encoded(value), "text of the test");
    if (value instanceof Uint8Array) return this.#allocate(value, "bytes of the test");
    if (typeof value !== "object") return BigInt(value);
    const btf = this.#types();
    const type = typeId === undefined ? undefined : skipModifiers(btf, typeId);
    if (type?.kind !== "pointer") {
      throw new TypeError("Cannot hand over members: it is no address of a struct");
    }
    return this.#allocate(this.#bytesOf(btf, type.typeId, value), "a struct of the test");
  }

  #bytesOf(btf: Btf, typeId: number, given: TestStruct): Uint8Array {
    const bytes = new Uint8Array(sizeOf(btf, typeId));
    this.#fill(btf, typeId, given, bytes, 0);
    return bytes;
  }

  #fill(btf: Btf, typeId: number, value: TestValue, bytes: Uint8Array, at: number): void {
    const type = skipModifiers(btf, typeId);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    switch (type.kind) {
      case "struct":
      case "union":
        if (typeof value !== "object" || value instanceof Uint8Array) break;
        for (const [name, inside] of Object.entries(value)) {
          const member = memberOf(btf, type, name);
          if (!member) {
            const names = type.members.map(({ name }) => name);
            throw new NotFoundError(
              `Cannot make struct ${type.name}: it has no "${name}"${closest(name, names)}`,
            );
          }
          this.#fill(btf, member.typeId, inside, bytes, at + member.bitOffset / 8);
        }
        return;
      case "array": {
        const data = typeof value === "string" ? encoded(value) : value;
        if (!(data instanceof Uint8Array)) break;
        bytes.set(data.subarray(0, sizeOf(btf, type.id)), at);
        return;
      }
      case "pointer":
        put(view, at, 8, this.#number(value, type.id));
        return;
      case "int":
      case "enum":
        if (typeof value === "object" || typeof value === "string") break;
        put(view, at, type.size, BigInt(value));
        return;
    }
    throw new TypeError(`Cannot make ${type.name || type.kind} of ${typeof value}`);
  }
}

/** A member, also of an anonymous struct or union, with its place in bits from the start of the outermost. */
function memberOf(
  btf: Btf,
  struct: BtfComposite,
  name: string,
): { readonly typeId: number; readonly bitOffset: number } | undefined {
  for (const { name: own, typeId, bitOffset } of struct.members) {
    if (own === name) return { typeId, bitOffset };
    const type = own === "" ? skipModifiers(btf, typeId) : undefined;
    const inside = type?.kind === "struct" || type?.kind === "union" ? memberOf(btf, type, name) : undefined;
    if (inside) return { ...inside, bitOffset: bitOffset + inside.bitOffset };
  }
  return undefined;
}

function placeIn(struct: BtfComposite, name: string): number {
  return (struct.members.find((member) => member.name === name)?.bitOffset ?? 0) / 8;
}

/** @throws {NotFoundError} There is no argument of one of the names. */
function byName(args: NonNullable<TestCall["args"]>, names: readonly string[]): Map<string, TestValue> {
  const given = new Map(Object.entries(Array.isArray(args) ? {} : args) as [string, TestValue][]);
  if (Array.isArray(args)) args.forEach((value: TestValue, i) => given.set(names[i] ?? String(i), value));
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    throw new NotFoundError(`Cannot call the function: it has no argument "${name}"${closest(name, names)}`);
  }
  return given;
}

function put(view: DataView, at: number, size: number, value: bigint): void {
  switch (size) {
    case 1:
      return view.setUint8(at, Number(BigInt.asUintN(8, value)));
    case 2:
      return view.setUint16(at, Number(BigInt.asUintN(16, value)), true);
    case 4:
      return view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    default:
      return view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
