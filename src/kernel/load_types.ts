/**
 * The types of an object in the kernel.
 *
 * @module
 */
import { type Btf, type BtfFeatures, placeKsyms, sanitizeBtf } from "../btf/core.ts";
import { btfLoad, type Descriptor } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";

/** What kernels before 6.12 knew of BTF, newest first. */
const OLDER_KERNELS: readonly BtfFeatures[] = [
  kernel({ questionMarks: false }), // 6.0 to 6.11
  kernel({ questionMarks: false, enum64: false }), // 5.17
  kernel({ questionMarks: false, enum64: false, typeTags: false, declTags: false }), // 5.13
  kernel({ questionMarks: false, enum64: false, typeTags: false, declTags: false, floats: false }), // 5.6
];

function kernel(lacks: Partial<BtfFeatures>): BtfFeatures {
  return {
    functions: true,
    globalFunctions: true,
    sections: true,
    questionMarks: true,
    floats: true,
    declTags: true,
    typeTags: true,
    enum64: true,
    ...lacks,
  };
}

/**
 * Hands the types of an object to the kernel (`BPF_BTF_LOAD`), for map contents and source lines in tools and logs.
 *
 * `undefined` where there are none or the kernel does not take them: maps and programs load without, and those that
 * need types are refused by name then.
 */
export function loadTypes(btf: Btf | undefined, token?: Descriptor): Descriptor | undefined {
  if (!btf) return undefined;
  const flags = token ? { btf_flags: BPF_MAP_FLAG.TOKEN_FD, btf_token_fd: token.fd } : {};
  const placed = placeKsyms(btf);
  const loaded = tryLoad(placed);
  if (loaded) return loaded;
  let refused = placed;
  for (const features of OLDER_KERNELS) {
    const candidate = sanitizeBtf(placed, features);
    const loaded = candidate === refused ? undefined : tryLoad(candidate);
    if (loaded) return loaded;
    refused = candidate;
  }
  return undefined;

  function tryLoad({ bytes }: Btf): Descriptor | undefined {
    return btfLoad({ btf: bytes, btf_size: bytes.length, ...flags }).btf;
  }
}
