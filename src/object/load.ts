/**
 * Object files into the kernel.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { objectName, parseElf } from "../elf/mod.ts";
import { NotSupportedError, SyscallError, WaggleError } from "../errors.ts";
import { loadTypes, openToken } from "../kernel/mod.ts";
import type { BpfMap } from "../map/mod.ts";
import { logLevel } from "../program/mod.ts";
import type { ObjectSpec, ProgramSpec } from "../spec/mod.ts";
import { progBindMap, readFile } from "../sys/mod.ts";
import { MapCreator, setValues } from "./maps.ts";
import { BpfObject } from "./object.ts";
import { checkNames, checkOptions, type LoadOptions, optionFor } from "./options.ts";
import type { ObjectProgram } from "./program.ts";
import { type ProgramContext, ProgramLoader } from "./programs.ts";
import { structOpsTargets, structOpsValue } from "./struct_ops.ts";
import { otherKernel, RUNNING_KERNEL } from "./target.ts";

/**
 * Loads a compiled object (clang `-target bpf`, libbpf conventions): creates its maps, relocates its programs for the
 * running kernel and loads them. Nothing is attached yet.
 *
 * The file is read by libc, so that `--allow-ffi` is enough.
 *
 * @param source A path, a `file:` URL (`new URL("x.bpf.o", import.meta.url)`), or the bytes.
 *
 * @example Events of an object beside the script
 * ```ts ignore
 * import { load, ring, struct, u32 } from "@waggle/ebpf";
 *
 * await using object = await load(new URL("exec.bpf.o", import.meta.url), { variables: { min_uid: 1000 } });
 * using link = object.programs.get("on_exec").attach();
 * for await (const event of object.maps.get("events", ring(struct({ pid: u32 })))) console.log(event.pid);
 * ```
 *
 * @throws {ElfError} The file is not an object that clang made for BPF, or is damaged.
 * @throws {BtfError} Its type information is damaged.
 * @throws {VerifierError} The kernel's verifier refuses a program.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {NotSupportedError} The kernel lacks something the object needs.
 * @throws {NotFoundError} The kernel lacks a symbol, or the object what the options name.
 * @throws {TypeError} There is no such option or log level.
 * @throws {SyscallError} The file cannot be read.
 */
export function load(source: string | URL | Uint8Array, options: LoadOptions = {}): Promise<BpfObject> {
  return new Promise((resolve) => resolve(loadNow(source, options)));
}

function loadNow(source: string | URL | Uint8Array, options: LoadOptions): BpfObject {
  checkOptions(options);
  const { bytes, name } = open(source);
  return loadObject(parseElf(bytes, name), name, options);
}

/** Loads an object that was parsed before. */
export function loadObject(spec: ObjectSpec, name: string, options: LoadOptions): BpfObject {
  checkByteOrder(spec, name);
  checkNames(spec, options);
  const level = logLevel(options.log ?? []);
  using undo = new DisposableStack();
  using temporary = new DisposableStack();
  const token = options.token === undefined ? undefined : temporary.use(openToken(options.token));
  const btf = temporary.use(loadTypes(spec.btf, token)) ?? undefined;

  const creator = new MapCreator(spec, name, options, btf, token);
  undo.defer(() => creator.unpin());
  const maps = new Map<string, BpfMap>();
  for (const map of spec.maps) if (creator.wants(map)) maps.set(map.name, undo.use(creator.create(map)));
  for (const map of spec.maps) fill(map.name, (own) => setValues(map, "map", own, maps));

  const structOps = new Map(
    spec.maps.flatMap(({ name, structOps }) => {
      const struct = creator.structs.get(name);
      return struct && structOps ? [...structOpsTargets(struct, structOps)] : [];
    }),
  );
  const { programs, refused } = loadPrograms(
    spec,
    options,
    { maps, btf, structOps, token, logLevel: level },
    undo,
  );
  bindConstants(spec, maps, programs.values());
  const structs = new Map<string, Uint8Array>();
  for (const map of spec.maps) {
    fill(map.name, (own) => setValues(map, "program", own, programs));
    const struct = creator.structs.get(map.name);
    if (!struct || !map.structOps || !spec.btf) continue;
    structs.set(map.name, structOpsValue(map, map.structOps, struct, spec.btf, programs));
  }
  undo.move();
  return new BpfObject(name, spec, { maps, programs, refused, structs });

  function fill(name: string, set: (map: BpfMap) => void): void {
    const map = maps.get(name);
    if (map && optionFor(options.maps, name) === undefined) set(map);
  }
}

function checkByteOrder({ byteOrder }: ObjectSpec, name: string): void {
  if ((byteOrder === "little") === LITTLE_ENDIAN) return;
  throw new NotSupportedError(
    `Cannot load object "${name}": it is compiled for ${byteOrder}-endian machines: compile with -target bpf`,
  );
}

/** Lets programs list the maps of constants as theirs, where the kernel can: those without references too. */
function bindConstants(
  { maps: specs }: ObjectSpec,
  maps: ReadonlyMap<string, BpfMap>,
  programs: Iterable<ObjectProgram>,
): void {
  const constants = specs.filter(({ contents, frozen }) => contents && frozen).map(({ name }) =>
    maps.get(name)
  );
  for (const program of programs) {
    for (const map of constants) if (map) tryBind(program, map);
  }
}

function tryBind(program: ObjectProgram, map: BpfMap): void {
  try {
    progBindMap(program.descriptor, map.descriptor);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error; // Linux before 5.10 has no such command
  }
}

interface LoadedPrograms {
  readonly programs: ReadonlyMap<string, ObjectProgram>;
  readonly refused: ReadonlyMap<string, WaggleError>;
}

function loadPrograms(
  spec: ObjectSpec,
  options: LoadOptions,
  context: ProgramContext,
  undo: DisposableStack,
): LoadedPrograms {
  const loader = new ProgramLoader(spec, options.btf ? otherKernel(options.btf) : RUNNING_KERNEL);
  const programs = new Map<string, ObjectProgram>();
  const refused = new Map<string, WaggleError>();
  for (const program of spec.programs) {
    if (!isWanted(program, options, context)) continue;
    try {
      const attachTo = optionFor(options.attachTo, program.name);
      programs.set(
        program.name,
        undo.use(loader.load(program, loader.resolve(program), context, attachTo)),
      );
    } catch (error) {
      if (options.load !== "optional" || !(error instanceof WaggleError)) throw error;
      refused.set(program.name, error);
    }
  }
  return { programs, refused };
}

/** Programs of struct_ops are loaded where a map that was created has them as members. */
function isWanted(
  { name, section, autoload }: ProgramSpec,
  { only }: LoadOptions,
  context: ProgramContext,
): boolean {
  if (only) return only.includes(name);
  if (/^struct_ops(\.s)?(\/|$)/.test(section)) return context.structOps.has(name);
  return autoload;
}

function open(source: string | URL | Uint8Array): { bytes: Uint8Array; name: string } {
  if (source instanceof Uint8Array) return { bytes: source, name: "object" };
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new TypeError(`Cannot load ${source}: it takes a path, a URL or a Uint8Array`);
  }
  const path = source instanceof URL || source.startsWith("file:") ? pathOf(new URL(source)) : source;
  return { bytes: readFile(path), name: objectName(path) };
}

function pathOf(url: URL): string {
  if (url.protocol === "file:") return decodeURIComponent(url.pathname);
  throw new TypeError(`Cannot load ${url}: not a file: fetch it and pass the bytes`);
}
