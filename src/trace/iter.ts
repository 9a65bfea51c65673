/**
 * Kernel functions that list the kernel's objects.
 *
 * @module
 */
import { type Codec, u32 } from "../codec/mod.ts";
import { NotFoundError } from "../errors.ts";
import { closest, kernelBtf } from "../kernel/mod.ts";
import { codecOf, type RecordType, type SharedSpec, type SharedUse } from "../lang/mod.ts";
import { attachIterator, type IteratorLink, type IteratorOptions } from "../link/core.ts";
import type { BpfMap } from "../map/core.ts";
import type { Program } from "../program/mod.ts";
import { functionTypes } from "./_function_types.ts";
import { type LoadedFunction, loadFunction } from "./_load.ts";
import { given, type Rest } from "./_overload.ts";
import type { IteratorContext } from "./context.ts";
import type { Returned } from "./probe.ts";
import { type KernelSide, Shared, type SharedThings } from "./shared.ts";

/**
 * A list of the kernel's objects, made anew each time that it is gone through.
 *
 * @typeParam R What the list has of an object.
 */
export class Iter<R> implements Iterable<R>, Disposable {
  /** The program that was made of the function. */
  readonly program: Program;
  readonly #link: IteratorLink;
  readonly #decode: (bytes: Uint8Array) => Iterable<R>;
  readonly #explain: () => string;
  readonly #toObject: () => Promise<Uint8Array>;

  /**
   * Takes all of it over.
   *
   * @ignore
   */
  constructor(
    { program, explain, toObject }: LoadedFunction,
    link: IteratorLink,
    decode: (bytes: Uint8Array) => Iterable<R>,
  ) {
    this.program = program;
    this.#explain = explain;
    this.#toObject = toObject;
    this.#link = link;
    this.#decode = decode;
  }

  /** What was made of the function: its instructions, below the lines of its text that they are made of. */
  explain(): string {
    return this.#explain();
  }

  /** What was made of the function, as an object file, see `Probe.toObject()`: iterators of it write the records' bytes. */
  toObject(): Promise<Uint8Array> {
    return this.#toObject();
  }

  /** Runs the function for each object, and gives the records that it returned, in the kernel's order. */
  *[Symbol.iterator](): Generator<R, void, void> {
    yield* this.#decode(this.#link.read());
  }

  /** Ends it. What it shares with the script stays. */
  close(): void {
    this.#link.close();
    this.program[Symbol.dispose]();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Records behind one another, each behind the tag of its shape. */
class Rows extends Shared<never> {
  #shapes: readonly RecordType[] = [];
  #codecs: readonly Codec<unknown>[] = [];

  override get spec(): SharedSpec {
    return { kind: "events", shapes: [] };
  }

  override open(_: string, { shapes = [] }: SharedUse): Readonly<Record<string, BpfMap>> {
    this.#shapes = shapes;
    this.#codecs = shapes.map((shape) => codecOf(shape));
    return {};
  }

  *read(bytes: Uint8Array): Generator<unknown, void, void> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length;) {
      const tag = u32.read(view, at);
      yield this.#codecs[tag]?.read(view, at);
      at += this.#shapes[tag]?.size ?? bytes.length;
    }
  }

  override close(): void {}
}

/** How the kernel calls the functions that have the arguments of iterators. */
const PREFIX = "bpf_iter_";

/**
 * Lists objects of the kernel: a function runs in the kernel for each, and the records that it returns are the list. Every
 * `for` over it runs it anew. Since Linux 5.8.
 *
 * @param kind What is listed: `task` (threads), `task_file`, `task_vma`, `tcp`, `udp`, `unix`, `netlink`, `bpf_map`, `bpf_prog`,
 * `bpf_link`, `cgroup`, `ksym` and others, as the kernel has them. The context has the objects by the names of the arguments of
 * `bpf_iter_…` there: `c.task`, `c.file`, `c.sk_common`.
 *
 * @example Processes and their threads, without /proc
 * ```ts ignore
 * import { iter } from "@waggle/ebpf/trace";
 *
 * using threads = iter("task", (c) => ({ pid: c.task.tgid, tid: c.task.pid, comm: c.str(c.task.comm) }));
 * for (const { pid, tid, comm } of threads) console.log(pid, tid, comm);
 * ```
 *
 * @example The open files of a process
 * ```ts ignore
 * import { iter } from "@waggle/ebpf/trace";
 *
 * using files = iter("task_file", (c) => ({
 *   fd: c.fd,
 *   name: c.str(c.file.f_path.dentry.d_name.name, 64),
 * }), { pid: 1 });
 * console.table([...files]);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} The kernel has no such lists; the message has the closest names.
 * @throws {TypeError} Options exclude each other.
 * @throws {PermissionError} The process lacks a capability.
 */
export function iter<R>(
  kind: string,
  body: (c: IteratorContext) => R,
  options?: IteratorOptions,
): Iter<Returned<R>>;
/** With things that the script and the function share. */
export function iter<const S extends SharedThings, R>(
  kind: string,
  shared: S,
  body: (c: IteratorContext, shared: KernelSide<S>) => R,
  options?: IteratorOptions,
): Iter<Returned<R>>;
export function iter<R>(kind: string, ...rest: Rest<IteratorOptions>): Iter<Returned<R>> {
  const { options, ...handed } = given(rest);
  const { parameters } = functionTypes(PREFIX + kind);
  if (parameters[0]?.name !== "meta") throw unknown(kind);
  const records = new Rows();
  using undo = new DisposableStack();
  const loaded = loadFunction({
    ...handed,
    context: { kind: "iterator", parameters },
    program: { name: kind, type: "tracing", expectedAttachType: "trace_iter", attachTo: kind },
    section: `iter/${kind}`,
    records,
  });
  undo.use(loaded.program);
  const link = attachIterator(loaded.program, options);
  undo.move();
  return new Iter(loaded, link, (bytes) => records.read(bytes) as Iterable<Returned<R>>);
}

function unknown(kind: string): NotFoundError {
  return new NotFoundError(`Cannot list "${kind}": the kernel has no such lists${closest(kind, kinds())}`);
}

function* kinds(): Generator<string> {
  const btf = kernelBtf();
  for (let id = 1; id < btf.count; id++) {
    // struct bpf_iter__task has what the function bpf_iter_task is called with
    const name = btf.kindOf(id) === "struct" ? btf.nameOf(id) : "";
    if (name.startsWith(`${PREFIX}_`)) yield name.slice(PREFIX.length + 1);
  }
}
