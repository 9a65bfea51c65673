/**
 * Loads modules that `waggle generate` made for `_library.ts`, and writes and reads every variable and map that they declare.
 * Prints a line of JSON a module.
 *
 * @module
 */
import { basename } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { assertEquals } from "@std/assert";
import type { BpfMap, Codec, LoadOptions, TypedObject } from "../../mod.ts";
import {
  ArrayMap,
  BloomFilter,
  KeyedMap,
  NotFoundError,
  PerCpuArrayMap,
  PerCpuHashMap,
  possibleCpus,
  QueueMap,
} from "../../mod.ts";
import { type Kinds, kindsOf } from "./_library.ts";

/** What came of a module. */
export interface Exercised {
  readonly module: string;
  /** Why it does not load. */
  readonly error?: string;
  /** What was written and read back. */
  readonly done: string[];
  /** Maps that were opened: what they hold is no script's to write, or belongs to sockets, tasks and the like. */
  readonly opened: string[];
  /** What failed, or was read otherwise than it was written. */
  readonly wrong: string[];
}

interface GeneratedModule {
  load(options: LoadOptions): Promise<TypedObject<Record<string, BpfMap>, string, Record<string, unknown>>>;
}

/** A value whose bytes are letters from this one on, as far as it may be written like that. */
function pattern(codec: Codec<unknown>, first: number): unknown {
  const bytes = Uint8Array.from({ length: codec.size }, (_, i) => 65 + (first + i) % 26);
  const view = new DataView(bytes.buffer);
  codec.write(view, 0, writable(codec, codec.read(view, 0)));
  return codec.read(view, 0);
}

/** What the kernel keeps in values, and gives to scripts as 0. */
const KEPT = /^struct bpf_((res_)?spin_lock|timer|wq|list_head|list_node|rb_root|rb_node|refcount)$/;

/** Texts end with NUL, members of unions agree where they are 0, and what the kernel keeps is 0. */
function writable(codec: Codec<unknown>, value: unknown): unknown {
  const { element, fields, size, type } = codec;
  if (typeof value === "string") return value.slice(0, size - 1);
  if (element && Array.isArray(value)) return value.map((one) => writable(element, one));
  if (!fields || typeof value !== "object" || value === null) return value;
  if (fields.some(({ shared }) => shared)) return codec.read(new DataView(new ArrayBuffer(size)), 0);
  return Object.fromEntries(
    fields.map((field) => {
      const one = (value as Record<string, unknown>)[field.name];
      return [field.name, KEPT.test(type) ? zero(one) : writable(field.codec, one)];
    }),
  );
}

function zero(value: unknown): unknown {
  return typeof value === "bigint" ? 0n : Array.isArray(value) ? value.map(zero) : 0;
}

/** What a module of this name says of its object; it is loaded with nothing for that. */
async function kinds(module: GeneratedModule, name: string): Promise<Kinds> {
  await module.load({ only: [] }).then((loaded) => loaded.close(), () => {});
  const found = kindsOf.get(name);
  if (!found) throw new Error(`${name} was not loaded`);
  return found;
}

/** Uses the module at a path. */
export async function exercise(path: string): Promise<Exercised> {
  const result: Exercised = { module: path, done: [], opened: [], wrong: [] };
  const module: GeneratedModule = await import(pathToFileURL(path).href);
  const { maps, variables } = await kinds(module, basename(path, ".ts"));
  const given = Object.fromEntries(
    Object.entries(variables).map(([name, codec]) => [name, pattern(codec, 0)]),
  );
  let loaded;
  try {
    loaded = await module.load({ load: "optional", variables: given as LoadOptions["variables"] & object });
  } catch (error) {
    return { ...result, error: String(error) };
  }
  await using object = loaded;
  for (const [name, codec] of Object.entries(variables)) {
    await attempt(result, name, () => {
      const variable = object.variables[name];
      assertEquals(variable?.get(), given[name]);
      try {
        variable?.set(pattern(codec, 1));
      } catch (error) {
        if (!(error instanceof TypeError && error.message.includes("constant"))) throw error;
        return;
      }
      assertEquals(variable?.get(), pattern(codec, 1));
    });
  }
  for (const name of Object.keys(maps)) {
    await attempt(result, name, () => useMap(object.maps[name], maps[name]));
  }
  return result;
}

/** Notes what came of it; `false` is of a map that was opened only. */
async function attempt({ done, opened, wrong }: Exercised, name: string, use: () => unknown): Promise<void> {
  try {
    (await use() === false ? opened : done).push(name);
  } catch (error) {
    // Structs of functions may be left out (`?` before their section)
    if (error instanceof NotFoundError && error.message.includes("there is no such map")) opened.push(name);
    else wrong.push(`${name}: ${error}`);
  }
}

function useMap(map: BpfMap | undefined, kind: Kinds["maps"][string]): unknown {
  const { key, value, types } = kind ?? {};
  if (!map || !value) return false;
  const one = pattern(value, 2);
  const perCpu = map instanceof PerCpuHashMap || map instanceof PerCpuArrayMap;
  const written = perCpu ? Array.from({ length: possibleCpus() }, (_, i) => pattern(value, 3 + i)) : one;
  if (map instanceof KeyedMap && key) {
    const at = types?.[0] === "lpm_trie" ? prefix(key) : pattern(key, 0);
    map.set(at, written);
    assertEquals(map.get(at), written);
    return map.delete(at) && undefined;
  }
  if (map instanceof ArrayMap) {
    map.set(0, written);
    return assertEquals(map.get(0), written);
  }
  if (map instanceof QueueMap) {
    map.push(one);
    return assertEquals(map.pop(), one);
  }
  if (map instanceof BloomFilter) {
    map.add(one);
    return assertEquals(map.has(one), true);
  }
  return false;
}

/** A key of an LPM trie that has all of its bits. */
function prefix(key: Codec<unknown>): unknown {
  const view = new DataView(new ArrayBuffer(key.size));
  view.setUint32(0, (key.size - 4) * 8, true);
  for (let i = 4; i < key.size; i++) view.setUint8(i, 65 + i % 26);
  return key.read(view, 0);
}

if (import.meta.main) {
  for (const module of process.argv.slice(2)) {
    const result = await exercise(module).catch((error) => ({
      module,
      error: String(error),
      done: [],
      opened: [],
      wrong: [],
    }));
    console.log(JSON.stringify(result));
  }
}
