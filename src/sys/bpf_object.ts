/**
 * The commands of bpf(2) that all kinds of objects share: pins, ids, infos, BTF and tokens.
 *
 * @module
 */
import {
  BTF_LOAD_ATTR,
  ID_ATTR,
  type Layout,
  OBJ_ATTR,
  OBJ_GET_INFO_ATTR,
  TOKEN_CREATE_ATTR,
} from "../uapi/mod.ts";
import { Attr, cString, type Fields } from "./attr.ts";
import { bpf, bpfDescriptor, tryBpf } from "./bpf.ts";
import { syscallError } from "./call.ts";
import { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";
import { readTextFile } from "./file.ts";

/** The kinds of objects that have ids. */
export type ObjectKind = "MAP" | "PROG" | "LINK" | "BTF";

/** What the kernel calls the kinds in `/proc/self/fdinfo`. */
const FDINFO_NAMES: Readonly<Record<string, ObjectKind>> = {
  map: "MAP",
  prog: "PROG",
  link: "LINK",
  btf: "BTF",
};

/** What a descriptor is of; `undefined` where of nothing of bpf(2). */
export function objectKind(object: Descriptor): ObjectKind | undefined {
  const [, name = ""] = /^(map|prog|link|btf)_id:/m.exec(descriptorInfo(object)) ?? [];
  return FDINFO_NAMES[name];
}

/** What the kernel tells of a descriptor, `name:\tvalue` a line: `/proc/self/fdinfo`. */
export function descriptorInfo({ fd }: Descriptor): string {
  return readTextFile(`/proc/self/fdinfo/${fd}`);
}

/** `BPF_OBJ_PIN`: gives an object a name in a BPF file system. */
export function objPin(object: Descriptor, path: string): void {
  const attr = new Attr(OBJ_ATTR, { pathname: cString(path), bpf_fd: object.fd });
  bpf(`pin ${object.what} to ${JSON.stringify(path)}`, "OBJ_PIN", attr);
}

/** `BPF_OBJ_GET`: opens a pinned object. `flags` are `BPF_F_RDONLY` and `BPF_F_WRONLY`, for maps. */
export function objGet(path: string, flags = 0): Descriptor {
  const what = `pin ${JSON.stringify(path)}`;
  return bpfDescriptor("open", what, "OBJ_GET", OBJ_ATTR, { pathname: cString(path), file_flags: flags });
}

/**
 * `BPF_OBJ_GET_INFO_BY_FD`: fills a struct about an object. Fields given are set before, as buffers and their sizes.
 *
 * Reads as 0 what the running kernel does not know.
 */
export function objInfo<L extends Layout>(
  object: Descriptor,
  layout: L,
  fields: Fields<L>,
): Attr<L> {
  const info = new Attr(layout, fields);
  const attr = new Attr(OBJ_GET_INFO_ATTR, { bpf_fd: object.fd, info_len: info.size, info: info.bytes });
  bpf(`describe ${object.what}`, "OBJ_GET_INFO_BY_FD", attr);
  info.used();
  return info;
}

/** `BPF_*_GET_NEXT_ID`: the id after `id`; `undefined` after the last one. */
export function nextId(kind: ObjectKind, id: number): number | undefined {
  const attr = new Attr(ID_ATTR, { start_id: id });
  const command = `${kind}_GET_NEXT_ID` as const;
  const result = tryBpf(command, attr);
  if (result === -ERRNO.ENOENT) return undefined;
  if (result < 0) throw syscallError(-result, `bpf(${command})`, `list the ${kind} objects of the kernel`);
  return attr.get("next_id");
}

/** `BPF_*_GET_FD_BY_ID`. */
export function openById(kind: ObjectKind, id: number, flags = 0): Descriptor {
  const what = `${kind} object ${id}`;
  return bpfDescriptor("open", what, `${kind}_GET_FD_BY_ID`, ID_ATTR, { start_id: id, open_flags: flags });
}

/** What loading BTF gave. */
export interface BtfLoadResult {
  /** 0, or the error number. */
  readonly errno: number;
  /** The BTF, where there was no error. */
  readonly btf: Descriptor | undefined;
}

/** `BPF_BTF_LOAD`. Fails by its result, since an error comes with a log. Since Linux 4.18. */
export function btfLoad(fields: Fields<typeof BTF_LOAD_ATTR>): BtfLoadResult {
  const result = tryBpf("BTF_LOAD", new Attr(BTF_LOAD_ATTR, fields));
  if (result < 0) return { errno: -result, btf: undefined };
  return { errno: 0, btf: new Descriptor(result, "BTF") };
}

/** `BPF_TOKEN_CREATE`: a token for what a BPF file system delegates. Since Linux 6.9. */
export function tokenCreate(bpffs: Descriptor): Descriptor {
  const what = `a token from ${bpffs.what}`;
  return bpfDescriptor("create", what, "TOKEN_CREATE", TOKEN_CREATE_ATTR, { bpffs_fd: bpffs.fd });
}
