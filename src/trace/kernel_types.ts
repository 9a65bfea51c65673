/**
 * Values of the kernel as types: what they are inside of a function, and what the script gets of them. `waggle types` writes
 * declarations that are made of these.
 *
 * @module
 */

/** Only a type: what a value is outside of a kernel function, where that is something else than inside. */
export declare const outside: unique symbol;

/** A value that is `In` inside of a kernel function, and is sent to the script as `Out`. */
export type Shown<In, Out> = In & { readonly [outside]?: Out };

/** A number of 64 bits: outside a bigint where a number is not exact. */
export type KernelLong = Shown<number, number | bigint>;

/** The address of something that cannot be read, or that BTF does not describe: outside a bigint. */
export type KernelPointer = Shown<number, bigint>;

/** An IPv4 address in network order: outside `192.0.2.1`. */
export type KernelIpv4 = Shown<number, string>;

/** `struct in6_addr`, or another address that fits no number: outside text. */
export type KernelAddress = Shown<object, string>;

/** Bits with names: outside those that are set, with `|` between them. */
export type KernelFlags = Shown<number, string>;

/** `umode_t`: outside `-rw-r--r--`. */
export type KernelMode = Shown<number, string>;

/** `dev_t`: outside `8:1`, the major and minor numbers. */
export type KernelDevice = Shown<number, string>;

/** A number with a name: either of them inside and outside. */
export type KernelEnum<Names extends string> = Names | number;
