/**
 * Where files of a process are found, those of containers and removed ones included.
 *
 * @module
 */
import { ElfFile } from "../executable/mod.ts";
import { type FileStatus, openFile, pageSize, readAt } from "../sys/mod.ts";
import { Image } from "./_image.ts";
import type { ImageCache } from "./_image_cache.ts";
import { type Mapping, parseMaps } from "./_maps.ts";
import { attempt, statusIfAny, textIfAny } from "./_read.ts";

/** The image of a mapping. */
export interface FoundImage {
  readonly image: Image;
  /** Whether it can be read when the process is gone. */
  readonly stays: boolean;
}

/** Finds the files of one process. */
export class ProcessFiles {
  readonly #pid: number;
  readonly #images: ImageCache;
  readonly #rename: (name: string) => string;
  /** Before paths of the process. */
  readonly root: string;

  /** The process must be there. */
  constructor(pid: number, images: ImageCache, rename: (name: string) => string) {
    this.#pid = pid;
    this.#images = images;
    this.#rename = rename;
    this.root = sharesMounts(pid) ? "" : `/proc/${pid}/root`;
  }

  /** The image of a mapping of a file or of the vDSO. */
  find(mapping: Mapping): FoundImage {
    const { path } = mapping;
    const image = { path, root: this.root, rename: this.#rename };
    if (path === "[vdso]") {
      return { image: this.#images.get(path, () => new Image({ ...image, open: openVdso })), stays: true };
    }
    for (const place of this.#places(mapping)) {
      const status = statusIfAny(place);
      if (!status || (!place.includes("/map_files/") && status.inode !== mapping.inode)) continue;
      const version = versionOf(status);
      const open = () => {
        const now = statusIfAny(place);
        return now && versionOf(now) === version ? attempt(() => ElfFile.open(place)) : undefined;
      };
      const key = `${mapping.device} ${version}`;
      return { image: this.#images.get(key, () => new Image({ ...image, open })), stays: place === path };
    }
    return { image: new Image({ ...image, open: () => undefined }), stays: true };
  }

  #places({ start, end, path, inode, deleted }: Mapping): string[] {
    if (inode === 0n || !path.startsWith("/")) return [];
    const range = `${start.toString(16)}-${end.toString(16)}`;
    return [...(deleted ? [] : [this.root + path]), `/proc/${this.#pid}/map_files/${range}`];
  }
}

/** What changes when a file is written or replaced. */
function versionOf({ inode, size, modified }: FileStatus): string {
  return `${inode} ${size} ${modified}`;
}

/** Whether paths are the same for a process as for this one. */
function sharesMounts(pid: number): boolean {
  const own = statusIfAny("/proc/self/ns/mnt");
  return own !== undefined && own.inode === statusIfAny(`/proc/${pid}/ns/mnt`)?.inode;
}

/** The code that the kernel gives to every process; it is the same in all of 64 bits. */
function openVdso(): ElfFile | undefined {
  const mapping = parseMaps(textIfAny("/proc/self/maps") ?? "").find(({ path }) => path === "[vdso]");
  if (!mapping || mapping.end - mapping.start > 64 * pageSize()) return undefined;
  return attempt(() => {
    using memory = openFile("/proc/self/mem");
    return ElfFile.of(readAt(memory, mapping.start, mapping.end - mapping.start), "[vdso]");
  });
}
