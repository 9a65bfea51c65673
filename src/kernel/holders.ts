/**
 * Who keeps objects of bpf(2) alive: descriptors of processes, and pins.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { descriptorInfo, directoryNames, type ObjectKind, objGet, readTextFile } from "../sys/mod.ts";

/** A process that has a descriptor of an object. */
export interface Holder {
  readonly pid: number;
  /** Its name, of up to 15 bytes. */
  readonly comm: string;
}

/** Things by the kind of an object and its id. */
export class ByObject<T> {
  readonly #all: Map<string, T[]> = new Map();

  /** Adds a thing, once. */
  add({ kind, id }: ObjectId, thing: T, same: (other: T) => boolean): void {
    const known = this.#all.get(`${kind} ${id}`);
    if (!known) this.#all.set(`${kind} ${id}`, [thing]);
    else if (!known.some(same)) known.push(thing);
  }

  /** The things of an object, in the order that they were found in. */
  of(kind: ObjectKind, id: number): readonly T[] {
    return this.#all.get(`${kind} ${id}`) ?? [];
  }
}

interface ObjectId {
  readonly kind: ObjectKind;
  readonly id: number;
}

/** What descriptors of objects say of themselves, each by its `show_fdinfo` in `kernel/bpf/`. */
const ID_LINES: Readonly<Record<string, ObjectKind>> = {
  link_id: "LINK", // before prog_id, which links have, too
  map_id: "MAP",
  btf_id: "BTF",
  prog_id: "PROG",
};

function objectOf(info: string): ObjectId | undefined {
  for (const [line, kind] of Object.entries(ID_LINES)) {
    const id = new RegExp(`^${line}:\\s*(\\d+)$`, "m").exec(info)?.[1];
    if (id !== undefined) return { kind, id: Number(id) };
  }
  return undefined;
}

/** Which processes have descriptors of which objects. Those of other users only root sees. */
export function objectHolders(): ByObject<Holder> {
  const found = new ByObject<Holder>();
  for (const name of directoryNames("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const folder = `/proc/${name}/fdinfo`;
    for (const fd of attempt(() => directoryNames(folder)) ?? []) {
      const object = objectOf(attempt(() => readTextFile(`${folder}/${fd}`)) ?? "");
      if (!object) continue;
      const comm = (attempt(() => readTextFile(`/proc/${name}/comm`)) ?? "").trimEnd();
      found.add(object, { pid, comm }, (other) => other.pid === pid);
    }
  }
  return found;
}

/** By which paths objects are pinned, in all BPF file systems that the process sees. */
export function objectPins(): ByObject<string> {
  const found = new ByObject<string>();
  for (const line of readTextFile("/proc/self/mounts").split("\n")) {
    const [, at, type] = line.split(" ");
    if (type === "bpf" && at !== undefined) findPins(at, found);
  }
  return found;
}

function findPins(folder: string, found: ByObject<string>): void {
  for (const name of attempt(() => directoryNames(folder)) ?? []) {
    const path = `${folder}/${name}`;
    if (attempt(() => directoryNames(path)) !== undefined) {
      findPins(path, found);
      continue;
    }
    const object = attempt(() => {
      using descriptor = objGet(path, 0);
      return objectOf(descriptorInfo(descriptor));
    });
    if (object) found.add(object, path, (other) => other === path);
  }
}

/** What it gives; `undefined` where the system refuses: processes end, descriptors are closed, files belong to others. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
