import type { MapSpec } from "../spec/mod.ts";

/** `BPF_OBJ_NAME_LEN` less the NUL. */
const MAX_LENGTH = 15;
/** How much of the section's name is kept in any case. */
const SUFFIX = 7;

/** What an object is called in messages, by the path of its file: without folders, `.o` and `.bpf.o`. */
export function objectName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/(\.bpf)?\.o$/, "");
}

/**
 * The name that libbpf and tools such as bpftool know a map by. Data sections go by the start of the object's name and
 * their own, `execsnoo.rodata`, but for those with a name of their own, `.data.state`. The name of an object ends at the
 * first dot of its file's (`bpf_object__new`).
 */
export function libbpfMapName({ name, contents, kconfig }: MapSpec, object: string): string {
  const isSection = contents !== undefined || kconfig !== undefined;
  const hasOwnName = name.indexOf(".", 1) > 0;
  if (!isSection || hasOwnName) return name;
  const suffix = name.slice(0, MAX_LENGTH);
  const prefix = object.replace(/\..*/, "").slice(0, MAX_LENGTH - Math.max(SUFFIX, suffix.length));
  return (prefix + suffix).replaceAll(/[^\w.]/g, "_");
}
