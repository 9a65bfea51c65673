/**
 * Values of the kernel as types: what they are inside of a function, and what the script gets of them. `waggle types` writes
 * declarations that are made of these.
 *
 * @module
 */
import type { KernelStruct } from "./context.ts";

/** Only a type: what a value is outside of a kernel function, where that is something else than inside. */
export declare const outside: unique symbol;

/** A value that is `In` inside of a kernel function, and is sent to the script as `Out`. */
export type Shown<In, Out> = In & { readonly [outside]?: Out };

/**
 * What a script gets of a value of a kernel function. What is shown by its kernel type, as flags are, is text there; members of
 * the kernel whose types TypeScript does not know stay unknown to it: `waggle types` writes them down.
 */
export type Outside<T> = 0 extends 1 & T ? T
  : T extends { readonly [outside]?: infer Out } ? (
      unknown extends Out ? (
          T extends string | number | bigint | Uint8Array ? T
            : T extends readonly (infer E)[] ? readonly Outside<E>[]
            : T extends object ? { readonly [N in keyof T]: Outside<T[N]> }
            : T
        )
        : Out
    )
  : T;

/** A number of 64 bits: outside a bigint where a number is not exact. */
export type KernelLong = Shown<number, number | bigint>;

/** The address of something that is no struct: outside a bigint. */
export type KernelPointer = Shown<number, bigint>;

/** The address of a struct, with its members: outside a bigint. */
export type KernelRef<T = KernelStruct> = Shown<T, bigint>;

/** A struct of one member, which is that member, too: `kuid_t`. */
export type KernelSingle<Members, Value> = Shown<Members & Value, Outside<Value>>;

/** Bits with names: outside text of those that are set, with `|` between them. */
export type KernelFlags = Shown<number, string>;

/** `umode_t`: outside `-rw-r--r--`. */
export type KernelMode = Shown<number, string>;

/** `dev_t`: outside `8:1`, the major and minor numbers. */
export type KernelDevice = Shown<number, string>;

/** A number with a name: either of them inside and outside. */
export type KernelEnum<Names extends string> = Names | number;

/** Fields of tracepoints by `group:event`, of those that `waggle types` declares. */
// deno-lint-ignore no-empty-interface -- declarations of users add to it
export interface Tracepoints {}

/** Arguments of raw tracepoints by name, of those that `waggle types` declares. */
// deno-lint-ignore no-empty-interface -- declarations of users add to it
export interface RawTracepoints {}

/** `args` and `retval` of functions of the kernel by name, of those that `waggle types` declares. */
// deno-lint-ignore no-empty-interface -- declarations of users add to it
export interface KernelFunctions {}

/** The fields of a tracepoint: unknown to TypeScript where they are not declared. */
export type TracepointFields<N extends string> = N extends keyof Tracepoints ? Tracepoints[N] : KernelStruct;

/** The arguments of a raw tracepoint: unknown to TypeScript where they are not declared. */
export type RawTracepointArguments<N extends string> = N extends keyof RawTracepoints ? RawTracepoints[N]
  : KernelStruct;

/** The arguments of a function of the kernel: unknown to TypeScript where they are not declared. */
export type FunctionArguments<N extends string> = N extends keyof KernelFunctions
  ? KernelFunctions[N] extends { readonly args: infer A } ? A : KernelStruct
  : KernelStruct;

/** What a function of the kernel returns: unknown to TypeScript where it is not declared. */
export type FunctionResult<N extends string> = N extends keyof KernelFunctions
  ? KernelFunctions[N] extends { readonly retval: infer R } ? R : undefined
  // deno-lint-ignore no-explicit-any -- a number or a struct, as of a member of KernelStruct
  : any;
