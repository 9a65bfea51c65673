/**
 * Types of programs and of what they attach to, by number and by name.
 *
 * @module
 */
import { BPF_ATTACH_TYPE, BPF_PROG_TYPE } from "../uapi/mod.ts";

/** A program type as the kernel names it, in lower case: `xdp`, `tracepoint`, `raw_tracepoint`, `sched_cls`. */
export type ProgramType = Lowercase<keyof typeof BPF_PROG_TYPE>;

/** An attach type as the kernel names it, in lower case and without `BPF_`: `cgroup_inet_ingress`, `trace_raw_tp`. */
export type AttachType = Lowercase<keyof typeof BPF_ATTACH_TYPE>;

const TYPES: ReadonlyMap<number, ProgramType> = namesByNumber<ProgramType>(BPF_PROG_TYPE);
const ATTACH_TYPES: ReadonlyMap<number, AttachType> = namesByNumber<AttachType>(BPF_ATTACH_TYPE);

function namesByNumber<N extends string>(numbers: Readonly<Record<string, number>>): Map<number, N> {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, name.toLowerCase() as N]));
}

/** The name of a program type; `type 99` for one that this library does not know. */
export function programTypeName(type: number): ProgramType | `type ${number}` {
  return TYPES.get(type) ?? `type ${type}`;
}

/** The name of an attach type; `attach type 99` for one that this library does not know. */
export function attachTypeName(type: number): AttachType | `attach type ${number}` {
  return ATTACH_TYPES.get(type) ?? `attach type ${type}`;
}

/**
 * The number of a program type (`enum bpf_prog_type`).
 *
 * @throws {TypeError} There is no such type.
 */
export function programTypeNumber(type: ProgramType): number {
  return numberOf(BPF_PROG_TYPE, type) ?? refuse(`load a program of type "${type}": there is no such type`);
}

/**
 * The number of an attach type (`enum bpf_attach_type`).
 *
 * @throws {TypeError} There is no such type.
 */
export function attachTypeNumber(type: AttachType): number {
  return numberOf(BPF_ATTACH_TYPE, type) ?? refuse(`use attach type "${type}": there is no such type`);
}

function numberOf(numbers: Readonly<Record<string, number>>, name: string): number | undefined {
  const key = name.toUpperCase();
  return Object.hasOwn(numbers, key) ? numbers[key] : undefined;
}

function refuse(what: string): never {
  throw new TypeError(`Cannot ${what}`);
}
