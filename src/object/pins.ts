/**
 * Maps that are shared by name (`LIBBPF_PIN_BY_NAME`).
 *
 * @module
 */
import { LayoutError, SyscallError } from "../errors.ts";
import { mapTypeName, type NewMap } from "../map/mod.ts";
import { type Descriptor, ERRNO, objGet, objInfo } from "../sys/mod.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE, MAP_INFO } from "../uapi/mod.ts";

/** Where maps are pinned that ask for it, as libbpf does it. */
export const PIN_ROOT = "/sys/fs/bpf";

/**
 * The map that is pinned there; `undefined` where none is.
 *
 * @throws {LayoutError} It is another one than the object wants; the message lists every difference.
 */
export function openPinnedMap(path: string, wanted: NewMap): Descriptor | undefined {
  const descriptor = openIfThere(path);
  if (!descriptor) return undefined;
  using undo = new DisposableStack();
  undo.use(descriptor);
  const differences = compare(descriptor, wanted);
  if (differences.length > 0) {
    throw new LayoutError(
      `Cannot share map "${wanted.name}": the one pinned at "${path}" differs: ${differences.join(", ")}: ` +
        "remove the pin, or load with another pin root",
    );
  }
  undo.move();
  return descriptor;
}

function openIfThere(path: string): Descriptor | undefined {
  try {
    return objGet(path);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === ERRNO.ENOENT) return undefined;
    throw error;
  }
}

/** Every difference, in words: `bytes of a value 8, not 4`. As `map_is_reuse_compat` of libbpf. */
function compare(map: Descriptor, wanted: NewMap): string[] {
  const info = objInfo(map, MAP_INFO, {});
  const type = info.get("type");
  const differences: string[] = [];
  const check = (what: string, is: number | bigint | string, should: number | bigint | string) => {
    if (is !== should) differences.push(`${what} ${is}, not ${should}`);
  };
  check("type", mapTypeName(type), mapTypeName(wanted.type));
  check("bytes of a key", info.get("key_size"), wanted.keySize);
  check("bytes of a value", info.get("value_size"), wanted.valueSize);
  check("max entries", info.get("max_entries"), wanted.maxEntries);
  check("flags", withoutKernels(info.get("map_flags"), type), withoutKernels(wanted.flags, type));
  check("map extra", BigInt(info.get("map_extra")), wanted.mapExtra ?? 0n);
  return differences;
}

/** Devmaps get a flag from the kernel: `dev_map_init_map`. */
function withoutKernels(flags: number, type: number): number {
  const isDevmap = type === BPF_MAP_TYPE.DEVMAP || type === BPF_MAP_TYPE.DEVMAP_HASH;
  return isDevmap ? flags & ~BPF_MAP_FLAG.RDONLY_PROG : flags;
}
