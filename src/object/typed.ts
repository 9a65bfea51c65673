/**
 * Objects whose maps, programs and variables are properties, for modules that `waggle generate` writes.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { parseElf } from "../elf/mod.ts";
import type { BpfMap, MapKind } from "../map/mod.ts";
import { readinessClosed } from "../sys/mod.ts";
import type { AttachTo } from "./attach_target.ts";
import { loadObject } from "./load.ts";
import type { BpfObject } from "./object.ts";
import { checkOptions, type LoadOptions } from "./options.ts";
import type { ObjectProgram } from "./program.ts";
import type { Variable } from "./variables.ts";

/** How the parts of an object are used, by their names. */
export interface ObjectKinds<M, P extends string, V> {
  /** `undefined` for a map that can only be described and pinned. */
  readonly maps: { readonly [N in keyof M]: (M[N] extends BpfMap ? MapKind<M[N]> : never) | undefined };
  /** The names of the programs. */
  readonly programs: readonly P[];
  /** The codecs of global variables. */
  readonly variables: { readonly [N in keyof V]: Codec<V[N]> };
}

/** An object file in a module of TypeScript. */
export interface EmbeddedObject {
  /** The name of the file without its ending; maps of data sections have it in theirs. */
  readonly name: string;
  /** The bytes, in base64; white space in between means nothing. */
  readonly base64: string;
}

/** The options of {@linkcode load}, with the names that the object has. */
export interface TypedLoadOptions<M, P extends string, V>
  extends Omit<LoadOptions, "variables" | "maps" | "only" | "attachTo"> {
  /** Values of global variables, set before anything is loaded; the only way to set constants. */
  readonly variables?: { readonly [N in keyof V]?: V[N] };
  /** Maps to use in the place of the object's own. They stay the caller's. */
  readonly maps?: { readonly [N in keyof M]?: BpfMap };
  /** The programs to load, and the struct_ops maps to create. */
  readonly only?: readonly (P | keyof M & string)[];
  /** What programs attach to in the place of what their sections name. */
  readonly attachTo?: { readonly [N in P]?: AttachTo };
}

/**
 * A loaded object by the names in its source.
 *
 * @typeParam M Its maps.
 * @typeParam P The names of its programs.
 * @typeParam V The values of its global variables.
 */
export interface TypedObject<M, P extends string, V> extends AsyncDisposable {
  /** The object itself, to be handed to `attachAll()` and `explain()`. */
  readonly object: BpfObject;
  /** Each opened when it is first asked for. */
  readonly maps: Readonly<M>;
  /** Those that were not loaded throw. */
  readonly programs: { readonly [N in P]: ObjectProgram };
  /** Each opened when it is first asked for. */
  readonly variables: { readonly [N in keyof V]: Variable<V[N]> };
  /** Closes all programs and maps, and ends the loops over their events. */
  close(): void;
}

/**
 * Loads an object that a module holds; what modules made by `waggle generate` do. As {@linkcode load} in all else.
 *
 * @example
 * ```ts ignore
 * import { hash, type HashMap, loadTyped, u32, u64 } from "@waggle/ebpf";
 *
 * await using counter = await loadTyped<{ counts: HashMap<number, bigint> }, "on_exec", { min_uid: number }>(
 *   { name: "counter", base64: "f0VMRgIBAQ…" },
 *   { maps: { counts: hash(u32, u64) }, programs: ["on_exec"], variables: { min_uid: u32 } },
 *   { variables: { min_uid: 1000 } },
 * );
 * using link = counter.programs.on_exec.attach();
 * for (const [pid, count] of counter.maps.counts) console.log(pid, count);
 * ```
 */
export function loadTyped<M, P extends string, V>(
  { name, base64 }: EmbeddedObject,
  kinds: ObjectKinds<M, P, V>,
  options: TypedLoadOptions<M, P, V> = {},
): Promise<TypedObject<M, P, V>> {
  return new Promise((resolve) => {
    const untyped = options as LoadOptions;
    checkOptions(untyped);
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    resolve(typed(loadObject(parseElf(bytes, name), name, untyped), kinds));
  });
}

function typed<M, P extends string, V>(
  object: BpfObject,
  { maps, programs, variables }: ObjectKinds<M, P, V>,
): TypedObject<M, P, V> {
  const kindOf = maps as Readonly<Record<string, MapKind<BpfMap> | undefined>>;
  const codecOf = variables as Readonly<Record<string, Codec<unknown>>>;
  return {
    object,
    maps: properties(Object.keys(maps), (name) => {
      const kind = kindOf[name];
      return kind ? object.maps.get(name, kind) : object.maps.get(name);
    }) as M,
    programs: properties(programs, (name) => object.programs.get(name)) as Record<P, ObjectProgram>,
    variables: properties(
      Object.keys(variables),
      (name) => object.variables.get(name, codecOf[name] as Codec<unknown>),
    ) as { [N in keyof V]: Variable<V[N]> },
    close: () => object.close(),
    [Symbol.asyncDispose]() {
      object.close();
      return readinessClosed();
    },
  };
}

/** An object with a property of each name, which is made when it is first asked for. */
function properties(names: readonly string[], make: (name: string) => unknown): unknown {
  const made = new Map<string, unknown>();
  const descriptors = names.map((name) => {
    const get = () => {
      if (!made.has(name)) made.set(name, make(name));
      return made.get(name);
    };
    return [name, { get, enumerable: true }] as const;
  });
  return Object.create(null, Object.fromEntries(descriptors));
}
