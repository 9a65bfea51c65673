/**
 * Stack traces.
 *
 * @module
 */
import { bytes, type Codec, i32, u32, u64 } from "../codec/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { Elements } from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import { DeletableMap } from "./keyed.ts";
import type { MapKind } from "./kind.ts";

/** A place in a file, as programs record it that ask for build ids (`struct bpf_stack_build_id`). */
export interface BuildIdFrame {
  /** The build id of the file, 20 bytes; `undefined` where the kernel could not find it. */
  readonly buildId: Uint8Array | undefined;
  /** From the start of the file, in bytes; the address where there is no build id. */
  readonly offset: bigint;
}

/**
 * Stacks that programs recorded (`bpf_get_stackid`), by the numbers they got, innermost frame first.
 *
 * @typeParam F A frame.
 */
export class StackTraceMap<F> extends DeletableMap<number, F[]> {
  /** Takes the descriptor of the handle over. `frame` reads one frame; `undefined` after the last. */
  constructor(handle: MapHandle, frame: Codec<F | undefined>) {
    super(handle, new Elements(handle, u32, framesOf(frame, handle.facts.valueSize)));
  }

  /**
   * Removes a stack and returns it; `undefined` where there is none. Since Linux 6.18.
   *
   * @throws {NotSupportedError} The kernel is older.
   */
  take(key: number): F[] | undefined {
    return this.elements.take(key);
  }
}

/** Frames up to the first that is none: the kernel fills up with zeroes. */
function framesOf<F>(frame: Codec<F | undefined>, size: number): Codec<F[]> {
  return {
    size,
    align: 8,
    type: "stack",
    read(view, at) {
      const frames: F[] = [];
      for (let from = at; from < at + size; from += frame.size) {
        const one = frame.read(view, from);
        if (one === undefined) break;
        frames.push(one);
      }
      return frames;
    },
    write: () => {
      throw new TypeError("Cannot write a stack: programs record them");
    },
  };
}

const ADDRESS: Codec<bigint | undefined> = {
  ...u64,
  read: (view, at) => u64.read(view, at) || undefined,
  write: (view, at, address) => u64.write(view, at, address ?? 0n),
};

const BUILD_ID = bytes(20);
const FRAME_SIZE = 32;
/** `enum bpf_stack_build_id_status`: 0 is no frame, 1 has a build id, 2 an address. */
const VALID = 1;

const BUILD_ID_FRAME: Codec<BuildIdFrame | undefined> = {
  size: FRAME_SIZE,
  align: 8,
  type: "struct bpf_stack_build_id",
  read(view, at) {
    const status = i32.read(view, at);
    if (status === 0) return undefined;
    const buildId = status === VALID ? BUILD_ID.read(view, at + 4) : undefined;
    return { buildId, offset: u64.read(view, at + 24) };
  },
  write() {},
};

/** How many frames a stack has at most: `sysctl kernel.perf_event_max_stack` by default. */
const DEFAULT_DEPTH = 127;

/** Options of {@linkcode stackTrace}. */
export interface StackTraceOptions {
  /** How many frames stacks of a new map have at most; 127 by default, as the kernel has it. */
  readonly depth?: number;
}

/** Stacks of addresses (`BPF_MAP_TYPE_STACK_TRACE`). Since Linux 4.6. */
export function stackTrace(options: StackTraceOptions = {}): MapKind<StackTraceMap<bigint>> {
  return kind(ADDRESS, options, 0);
}

/** Stacks of places in files, with their build ids (`BPF_F_STACK_BUILD_ID`). Since Linux 4.17. */
export function buildIdStackTrace(options: StackTraceOptions = {}): MapKind<StackTraceMap<BuildIdFrame>> {
  return kind(BUILD_ID_FRAME, options, BPF_MAP_FLAG.STACK_BUILD_ID);
}

function kind<F>(
  frame: Codec<F | undefined>,
  { depth = DEFAULT_DEPTH }: StackTraceOptions,
  flags: number,
): MapKind<StackTraceMap<F>> {
  if (!(Number.isInteger(depth) && depth >= 1)) {
    throw new RangeError(`Cannot use stacks of ${depth} frames: it takes at least 1`);
  }
  return {
    types: ["stack_trace"],
    keySize: 4,
    valueSize: frame.size * depth,
    creation: { flags },
    open: (handle) => new StackTraceMap(handle, frame),
  };
}
