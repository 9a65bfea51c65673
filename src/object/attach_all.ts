/**
 * Attaching all that is in an object.
 *
 * @module
 */
import { NotFoundError, WaggleError } from "../errors.ts";
import { closest } from "../kernel/mod.ts";
import type { Attachment } from "../link/mod.ts";
import { attacherOf, optionTooMany, wayOf } from "./attach.ts";
import type { AttachOptions, Way } from "./attach_way.ts";
import type { BpfObject } from "./object.ts";
import type { ObjectProgram } from "./program.ts";

/** Options of {@linkcode attachAll}. Each program takes those that its section allows. */
export interface AttachAllOptions extends AttachOptions {
  /**
   * What a refused program does: with `all`, the default, nothing is attached; with `optional` the others are, and
   * {@linkcode Attachments.refused} says why it is not.
   */
  readonly attach?: "all" | "optional";
}

/** What {@linkcode attachAll} attached. It ends when it is closed. */
export class Attachments implements Attachment, Iterable<Attachment> {
  /** Why programs and structs were refused, by their names, where the options allow it. */
  readonly refused: ReadonlyMap<string, WaggleError>;
  /** Why programs were left alone, by their names: they are run or called otherwise, or their place was not given. */
  readonly left: ReadonlyMap<string, string>;
  readonly #object: string;
  readonly #attached: ReadonlyMap<string, Attachment>;

  /** Takes what is attached over; from the object of that name. */
  constructor(
    object: string,
    attached: ReadonlyMap<string, Attachment>,
    refused: ReadonlyMap<string, WaggleError>,
    left: ReadonlyMap<string, string>,
  ) {
    this.#object = object;
    this.#attached = attached;
    this.refused = refused;
    this.left = left;
  }

  /**
   * What attaches a program, or registers a struct.
   *
   * @throws {NotFoundError} There is none of that name, or it is not attached; the message says why.
   */
  get(name: string): Attachment {
    const one = this.#attached.get(name);
    if (one) return one;
    const refused = this.refused.get(name);
    const why = this.left.get(name) ?? refused?.message;
    throw new NotFoundError(
      `Cannot get what attaches "${name}" of object "${this.#object}": ` +
        (why ?? `there is none of that name${closest(name, this.names())}`),
      { cause: refused },
    );
  }

  /** The names of all that is attached, in the order of the file. */
  names(): string[] {
    return [...this.#attached.keys()];
  }

  /** All that is attached. */
  [Symbol.iterator](): Iterator<Attachment> {
    return this.#attached.values();
  }

  /** Detaches all, the last first; harmless when that is done already. */
  close(): void {
    for (const one of [...this].reverse()) one.close();
  }

  /** Detaches all. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Attaches all programs of an object as their sections say (see {@linkcode ObjectProgram.attach}), and registers its structs
 * (struct_ops). What sections leave open, the options name once for all; programs whose place is not given are left alone,
 * as are those that are run or called otherwise.
 *
 * @example A whole tool
 * ```ts ignore
 * import { attachAll, load, ring } from "@waggle/ebpf";
 *
 * await using object = await load("tcplife.bpf.o");
 * using links = attachAll(object);
 * console.log("attached:", links.names());
 * ```
 *
 * @throws {WaggleError} The kernel refuses one; the others are detached again.
 * @throws {NotFoundError} Nothing in the object can be attached; the message says why of each.
 * @throws {TypeError} None of the programs takes an option.
 */
export function attachAll(object: BpfObject, options: AttachAllOptions = {}): Attachments {
  const { attach = "all", ...places } = options;
  const head = `Cannot attach object "${object.name}"`;
  const ways = new Map([...object.programs].map((program) => [program, wayOf(program)]));
  const tooMany = optionTooMany([...ways.values()], places);
  if (tooMany !== undefined) throw new TypeError(`${head}: none of its programs takes option "${tooMany}"`);
  const attached = new Map<string, Attachment>();
  const refused = new Map<string, WaggleError>();
  const left = new Map<string, string>();
  using undo = new DisposableStack();
  for (const [name, attachOne] of attachers(object, ways, places)) {
    if (typeof attachOne === "string") {
      left.set(name, attachOne);
      continue;
    }
    try {
      attached.set(name, undo.use(attachOne()));
    } catch (error) {
      if (attach === "all" || !(error instanceof WaggleError)) throw error;
      refused.set(name, error);
    }
  }
  if (attached.size + refused.size === 0) {
    const why = [...left].map(([name, reason]) => `"${name}": ${reason}`);
    throw new NotFoundError(`${head}: ${why.join("; ") || "it has no programs"}`);
  }
  undo.move();
  return new Attachments(object.name, attached, refused, left);
}

/** What attaches the programs and structs of an object, by their names, or why they are left alone. */
function* attachers(
  object: BpfObject,
  ways: ReadonlyMap<ObjectProgram, Way | string>,
  places: AttachOptions,
): Generator<[name: string, attach: (() => Attachment) | string]> {
  const structs = object.structs();
  for (const [program, way] of ways) {
    // Programs of struct_ops are attached with their structs
    if (program.spec.section.startsWith("struct_ops") && structs.length > 0) continue;
    yield [program.name, attacherOf(program, way, places)];
  }
  for (const name of structs) yield [name, () => object.attachStructOps(name)];
}
