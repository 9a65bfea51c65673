/**
 * Structs of functions that programs implement for the kernel (struct_ops).
 *
 * @module
 */
import {
  type Btf,
  type BtfComposite,
  type BtfMember,
  essentialName,
  sizeOf,
  skipModifiers,
} from "../btf/core.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { LayoutError, NotSupportedError, SyscallError } from "../errors.ts";
import { closest, kernelBtf, type ModuleBtf, moduleBtfs } from "../kernel/mod.ts";
import { type Attachment, Link } from "../link/mod.ts";
import type { BpfMap } from "../map/mod.ts";
import type { Program } from "../program/mod.ts";
import type { MapSpec, StructOpsSpec } from "../spec/mod.ts";
import { checked, ERRNO, linkCreate, linkUpdate, MapElement, syscallError } from "../sys/mod.ts";
import { BPF_ATTACH_TYPE, BPF_MAP_FLAG } from "../uapi/mod.ts";

/** The kernel's side of a struct: what registers it and where its members are. */
export interface KernelStruct {
  /** The struct itself, `tcp_congestion_ops`: programs are loaded for it. */
  readonly type: BtfComposite;
  /** `bpf_struct_ops_tcp_congestion_ops`: the value of the map. */
  readonly valueType: BtfComposite;
  /** Where the struct is in the value, in bytes. */
  readonly offset: number;
  /** The module that has it; vmlinux where there is none. */
  readonly module: ModuleBtf | undefined;
  readonly btf: Btf;
}

const VALUE_PREFIX = "bpf_struct_ops_";

/**
 * Finds the kernel's struct of the same name.
 *
 * @throws {NotSupportedError} Neither the kernel nor a module of it has one that programs can implement.
 */
export function kernelStruct(map: MapSpec, spec: StructOpsSpec, objectBtf: Btf): KernelStruct {
  const name = essentialName(objectBtf.nameOf(spec.typeId));
  for (const { btf, module } of places()) {
    const type = btf.find(name, "struct");
    const valueType = btf.find(VALUE_PREFIX + name, "struct");
    const data = valueType?.members.find((member) => skipModifiers(btf, member.typeId).id === type?.id);
    if (type && valueType && data) return { type, valueType, offset: data.bitOffset / 8, module, btf };
  }
  throw new NotSupportedError(
    `Cannot create map "${map.name}": the kernel lets no program implement "${name}"${
      closest(name, names())
    }`,
  );
}

function* places(): Generator<{ btf: Btf; module: ModuleBtf | undefined }> {
  yield { btf: kernelBtf(), module: undefined };
  for (const module of moduleBtfs()) yield { btf: module.btf, module };
}

function* names(): Generator<string> {
  const btf = kernelBtf();
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== "struct") continue;
    const name = btf.nameOf(id);
    if (name.startsWith(VALUE_PREFIX)) yield name.slice(VALUE_PREFIX.length);
  }
}

/** What a program that implements a member is loaded for. */
export interface StructOpsTarget {
  readonly struct: KernelStruct;
  /** The index of the member in the kernel's struct. */
  readonly member: number;
}

/** The members that programs implement, by program. Members that the kernel lacks are left out. */
export function structOpsTargets(struct: KernelStruct, spec: StructOpsSpec): Map<string, StructOpsTarget> {
  const targets = new Map<string, StructOpsTarget>();
  for (const { member: name, program } of spec.functions) {
    const member = struct.type.members.findIndex((member) => member.name === name);
    if (member >= 0) targets.set(program, { struct, member });
  }
  return targets;
}

/**
 * The value of the map: the object's members where the kernel has them, and the descriptors of programs.
 *
 * @throws {LayoutError} A member that is set is unknown to the kernel, or is another thing there.
 */
export function structOpsValue(
  map: MapSpec,
  spec: StructOpsSpec,
  struct: KernelStruct,
  objectBtf: Btf,
  programs: ReadonlyMap<string, Program>,
): Uint8Array {
  const value = new Uint8Array(struct.valueType.size);
  const local = objectBtf.type(spec.typeId);
  if (local.kind !== "struct") {
    throw new LayoutError(`Cannot create map "${map.name}": its type is no struct`);
  }
  for (const member of local.members) {
    copyMember(map.name, member, objectBtf, spec.contents, struct, value);
  }
  const view = new DataView(value.buffer);
  for (const { member: name, program } of spec.functions) {
    const member = struct.type.members.find((member) => member.name === name);
    const loaded = programs.get(program);
    if (!member || !loaded) continue;
    view.setBigUint64(struct.offset + member.bitOffset / 8, BigInt(loaded.descriptor.fd), LITTLE_ENDIAN);
  }
  return value;
}

function copyMember(
  map: string,
  member: BtfMember,
  objectBtf: Btf,
  contents: Uint8Array,
  struct: KernelStruct,
  value: Uint8Array,
): void {
  const size = sizeOf(objectBtf, member.typeId);
  const start = member.bitOffset / 8;
  const bytes = contents.subarray(start, start + size);
  const theirs = struct.type.members.find(({ name }) => name === member.name);
  const problem = !theirs
    ? bytes.some((byte) => byte !== 0) && "the kernel's struct has no such member"
    : mismatch(member, objectBtf, theirs, struct.btf);
  if (problem) throw new LayoutError(`Cannot create map "${map}": member "${member.name}": ${problem}`);
  if (theirs) value.set(bytes, struct.offset + theirs.bitOffset / 8);
}

function mismatch(ours: BtfMember, objectBtf: Btf, theirs: BtfMember, kernel: Btf): string | undefined {
  const a = skipModifiers(objectBtf, ours.typeId);
  const b = skipModifiers(kernel, theirs.typeId);
  if (ours.bitSize !== 0 || theirs.bitSize !== 0) return "bitfields cannot be set";
  if (a.kind !== b.kind) return `it is a ${a.kind}, the kernel's a ${b.kind}`;
  const [size, kernelSize] = [sizeOf(objectBtf, ours.typeId), sizeOf(kernel, theirs.typeId)];
  return size === kernelSize ? undefined : `it has ${size} bytes, the kernel's ${kernelSize}`;
}

/** Registers the value of a map: by a link where the map is made for it, by setting its element otherwise. */
export function attachStruct(map: BpfMap, value: Uint8Array, replace?: Link): Attachment {
  const linked = (map.info.flags & BPF_MAP_FLAG.LINK) !== 0;
  if (replace && !linked) {
    throw new TypeError(
      `Cannot put struct "${map.name}" in the place of another: only those of SEC(".struct_ops.link") can be`,
    );
  }
  const element = new MapElement(map.descriptor, 4, value.length);
  new Uint8Array(element.value.buffer).set(value);
  const result = element.update();
  // A struct for links is set once, and stays ready for others: bpf_struct_ops_map_update_elem
  if (!linked || result !== -ERRNO.EBUSY) {
    checked(result, "bpf(MAP_UPDATE_ELEM)", `register struct "${map.name}"`);
  }
  if (!linked) return new Registration(element);
  if (replace) return replaceStruct(replace, map);
  return new Link(
    linkCreate(`a link of struct "${map.name}"`, {
      map_fd: map.descriptor.fd,
      attach_type: BPF_ATTACH_TYPE.STRUCT_OPS,
    }),
  );
}

/** A struct that is registered without a link. */
class Registration implements Attachment {
  readonly #element: MapElement;
  #closed = false;

  constructor(element: MapElement) {
    this.#element = element;
  }

  close(): void {
    if (!this.#closed) this.#element.delete();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** `bpf_struct_ops_map_link_update` and the `update` of subsystems. */
function replaceStruct(link: Link, map: BpfMap): Link {
  try {
    linkUpdate(link.descriptor, { new_map_fd: map.descriptor.fd });
    return link;
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const { errno, syscall } = cause;
    const action = `put struct "${map.name}" in the place of that of ${link.descriptor.what}`;
    if (errno === ERRNO.EOPNOTSUPP) {
      throw new NotSupportedError(`Cannot ${action}: the kernel's subsystem keeps its structs: attach anew`, {
        cause,
      });
    }
    const hint = errno === ERRNO.EINVAL
      ? "it is of another kind, or has another name than the subsystem wants, or the link is of no struct"
      : errno === ERRNO.ENOLINK
      ? "the link was detached"
      : undefined;
    throw syscallError(errno, syscall, action, hint);
  }
}
