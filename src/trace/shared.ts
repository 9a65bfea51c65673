/**
 * What scripts and kernel functions share.
 *
 * @module
 */
import type { SharedSpec, SharedUse } from "../lang/mod.ts";
import { type BpfMap, createMap, type CreateMapOptions, type MapKind } from "../map/core.ts";
import { ClosedError, WaggleError } from "../errors.ts";
import type { Home } from "./_home.ts";
import type { StackTrace } from "./stack_trace.ts";

/**
 * A thing that a script shares with kernel functions by handing it to them.
 *
 * @typeParam Kernel What it is inside of a kernel function.
 */
export abstract class Shared<Kernel> implements Disposable {
  /**
   * Only a type: nothing is there.
   *
   * @ignore
   */
  declare readonly kernelSide?: Kernel;

  /**
   * What compilers need to know of it.
   *
   * @ignore
   */
  abstract get spec(): SharedSpec;

  /**
   * The maps, for a program that makes this use of it, by the names that the program has for them.
   *
   * @ignore
   */
  abstract open(name: string, use: SharedUse): Readonly<Record<string, BpfMap>>;

  /**
   * Where it is: in the kernel of this machine where there is none. The functions that it is handed to run there.
   *
   * @ignore
   */
  home: Home | undefined;

  /** Creates a map where the thing is. */
  protected readonly create: <M extends BpfMap>(kind: MapKind<M>, options: CreateMapOptions) => M = (
    kind,
    options,
  ) => this.home ? this.home.createMap(kind, options) : createMap(kind, options);

  /** Closes the map. What it held stays with the kernel for as long as a program uses it. */
  abstract close(): void;

  /** Closes the map. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Creates a map. */
export type CreateMap = <M extends BpfMap>(kind: MapKind<M>, options: CreateMapOptions) => M;

/** A map that is created when a kernel function first uses it. */
export class LateMap<M extends BpfMap> {
  readonly #what: string;
  #map: M | undefined;
  #closed = false;

  /** `what` names it in messages. */
  constructor(what: string) {
    this.#what = what;
  }

  /** The map; `undefined` before the first use, and after the end. */
  get map(): M | undefined {
    return this.#map;
  }

  /** The map, or an error that says why there is none. */
  get opened(): M {
    if (this.#map) return this.#map;
    if (this.#closed) throw new ClosedError(`Cannot use ${this.#what}: it is closed`);
    throw new WaggleError(
      `Cannot use ${this.#what}: no kernel function uses it yet: attach one that does, or say what it holds`,
    );
  }

  /** The map, created where there is none yet. */
  open(create: () => M): M {
    if (this.#closed) throw new ClosedError(`Cannot use ${this.#what}: it is closed`);
    return this.#map ??= create();
  }

  /** Closes it; harmless when it is closed already. */
  close(): void {
    this.#closed = true;
    this.#map?.close();
    this.#map = undefined;
  }
}

/** A number or text, or a list of them, that is part of the program once it is compiled. */
export type Constant = number | bigint | string | boolean | readonly (number | bigint | string | boolean)[];

/**
 * A function that a kernel function calls, compiled as a part of it: it sees what it is called with and nothing else. Recursion
 * the kernel does not have.
 */
export type HandedFunction = (...args: never[]) => unknown;

/** What a script hands to a kernel function, by name. */
export type SharedThings = Readonly<Record<string, Shared<unknown> | Constant | HandedFunction>>;

/** What handed things are inside of a kernel function. */
export type KernelSide<S> = {
  readonly [N in keyof S]: S[N] extends Shared<infer Kernel> ? Kernel
    : S[N] extends HandedFunction ? S[N]
    : S[N] extends readonly (infer Element)[] ? readonly KernelConstant<Element>[]
    : KernelConstant<S[N]>;
};

/** What a number or text of the script is inside of a kernel function. */
export type KernelConstant<T> = T extends bigint | number ? number : T extends string ? string : boolean;

/** What a value is inside of a kernel function: all integers are numbers there. */
export type KernelValue<T> = T extends bigint ? number
  : T extends StackTrace ? StackTrace
  : T extends readonly unknown[] | Uint8Array ? never
  : T extends object ? { -readonly [N in keyof T]: KernelValue<T[N]> }
  : T;
