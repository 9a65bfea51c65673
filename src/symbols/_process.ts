/**
 * The code that a process has in memory.
 *
 * @module
 */
import { lastUpTo } from "./_address_table.ts";
import type { Image } from "./_image.ts";
import type { ImageCache } from "./_image_cache.ts";
import { isAnonymous, type Mapping, parseMaps } from "./_maps.ts";
import { Pace } from "./_pace.ts";
import { PerfMap } from "./_perf_map.ts";
import { ProcessFiles } from "./_process_files.ts";
import { statusIfAny, textIfAny } from "./_read.ts";
import type { Frame } from "./frame.ts";

/** How long a process is taken for the one it was, in milliseconds. */
const TRUSTED = 1000;

/** Names addresses of a process. What was read of it stays when it is gone. */
export class Process {
  readonly #pid: number;
  readonly #images: ImageCache;
  readonly #rename: (name: string) => string;
  readonly #mapsPace = new Pace();
  readonly #jitPace = new Pace();
  #identity: string | undefined;
  #checked = 0;
  #mappings: readonly Mapping[] = [];
  #starts: Float64Array = new Float64Array(0);
  #found: readonly (Image | undefined)[] = [];
  #jit: PerfMap | undefined;

  /** Reads what the process has. */
  constructor(pid: number, images: ImageCache, rename: (name: string) => string) {
    this.#pid = pid;
    this.#images = images;
    this.#rename = rename;
    this.#read();
  }

  /** Whether anything was read of it: it was there once. */
  get known(): boolean {
    return this.#identity !== undefined;
  }

  /** Memory that its perf map takes, in bytes. */
  get size(): number {
    return this.#jit?.table?.size ?? 0;
  }

  /** Reads all anew where it runs another program by now, or another process has its number. */
  check(): void {
    const now = performance.now();
    if (now - this.#checked < TRUSTED) return;
    this.#checked = now;
    const identity = identityOf(this.#pid);
    if (identity !== undefined && identity !== this.#identity) this.#read();
  }

  /** The frame of an address; `inside` is one in its function: for return addresses, that of the call. */
  frame(address: bigint, inside: bigint = address): Frame {
    const place = Number(BigInt.asUintN(64, inside));
    const back = Number(address - inside);
    let index = this.#indexOf(place);
    if (index < 0 && this.#mapsPace.due && this.#read()) index = this.#indexOf(place);
    const [mapping, image] = [this.#mappings[index], this.#found[index]];
    if (!mapping || !image) return this.#jitFrame(address, place, back);
    const offset = place - mapping.start + mapping.offset;
    const frame = imageFrame(this.#images, image, { address, offset, back });
    if (frame.name !== undefined || !this.#jit) return frame;
    // Perf maps have code that is in the file of the compiler too, which may be stripped of its names
    const made = this.#jitFrame(address, place, back);
    return made.name === undefined ? frame : made;
  }

  /** The image of a build id. */
  ofBuildId(id: string): Image | undefined {
    return this.#found.find((image) => image?.buildId === id);
  }

  #indexOf(place: number): number {
    const index = lastUpTo(this.#starts, place);
    return place < (this.#mappings[index]?.end ?? 0) ? index : -1;
  }

  #jitFrame(address: bigint, place: number, back: number): Frame {
    let entry = this.#jit?.table?.find(place) ?? -1;
    if (entry < 0 && this.#jit && this.#jitPace.due) {
      this.#updateJit();
      entry = this.#jit.table?.find(place) ?? -1;
    }
    const table = this.#jit?.table;
    if (!table || entry < 0) {
      return { address, kind: "unknown", name: undefined, offset: 0, module: undefined };
    }
    const offset = place + back - table.startOf(entry);
    return { address, kind: "jit", name: table.nameOf(entry), offset, module: undefined };
  }

  #updateJit(): void {
    this.#jitPace.run(() => this.#jit?.update());
  }

  /** Whether the process is there. */
  #read(): boolean {
    return this.#mapsPace.run(() => {
      const [identity, text] = [identityOf(this.#pid), textIfAny(`/proc/${this.#pid}/maps`)];
      if (identity === undefined || text === undefined) return false;
      this.#checked = performance.now();
      if (identity !== this.#identity) this.#jit = undefined;
      this.#identity = identity;
      this.#take(parseMaps(text));
      return true;
    });
  }

  #take(mappings: readonly Mapping[]): void {
    const files = new ProcessFiles(this.#pid, this.#images, this.#rename);
    this.#mappings = mappings;
    this.#starts = Float64Array.from(mappings, ({ start }) => start);
    this.#found = mappings.map((mapping) => {
      if (isAnonymous(mapping)) return undefined;
      const { image, stays } = files.find(mapping);
      // What can only be read as long as the process is there
      if (!stays) this.#images.functions(image);
      return image;
    });
    if (mappings.some(isAnonymous)) {
      this.#jit ??= perfMapOf(this.#pid, files.root);
      this.#updateJit();
    }
  }
}

/** A place in a file. */
export interface Place {
  /** What the frame says of it. */
  readonly address: bigint;
  /** In bytes from the start of the file, in the function. */
  readonly offset: number;
  /** How far the address is behind it: return addresses may be behind the end of the function. */
  readonly back: number;
}

/** The frame of a place in a file. */
export function imageFrame(images: ImageCache, image: Image, { address, offset, back }: Place): Frame {
  const functions = images.functions(image);
  const inside = image.addressOf(offset);
  const entry = functions && inside !== undefined ? functions.find(inside) : -1;
  const known = { address, kind: "user", module: image.path } as const;
  if (!functions || inside === undefined || entry < 0) {
    return { ...known, name: undefined, offset: offset + back };
  }
  return { ...known, name: functions.nameOf(entry), offset: inside + back - functions.startOf(entry) };
}

/** What no two programs have that run with the same number after each other; `undefined` where the process is gone. */
function identityOf(pid: number): string | undefined {
  const stat = textIfAny(`/proc/${pid}/stat`);
  if (!stat) return undefined;
  // Field 22, the start time, counted from behind the name, which may have anything in it
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const program = statusIfAny(`/proc/${pid}/exe`);
  return `${started} ${program?.inode} ${program?.modified}`;
}

function perfMapOf(pid: number, root: string): PerfMap {
  const status = textIfAny(`/proc/${pid}/status`) ?? "";
  const own = textIfAny("/proc/self/status") ?? "";
  const inNamespace = /^NSpid:.*\t(\d+)$/m.exec(status)?.[1] ?? `${pid}`;
  return new PerfMap([`${root}/tmp/perf-${inNamespace}.map`], [0, effectiveUser(status), effectiveUser(own)]);
}

function effectiveUser(status: string): number {
  return Number(/^Uid:\t\d+\t(\d+)/m.exec(status)?.[1] ?? 0);
}
