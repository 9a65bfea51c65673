/**
 * The places of probes that programs and libraries declare themselves (USDT), and links to them.
 *
 * @module
 */
import { NotFoundError, NotSupportedError } from "../errors.ts";
import { closest } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { readUsdtNotes, type UsdtNote, type UsdtNotes } from "./_usdt_notes.ts";
import { userPath } from "./_user_path.ts";
import type { Attachment, Link } from "./link.ts";
import { attachUprobe } from "./uprobe.ts";
import { attachUprobeMulti } from "./uprobe_multi.ts";

export { argumentsOf as usdtArguments, type PlacedArgument as UsdtArgumentSpec } from "./_usdt_arguments.ts";

/** A probe of a file. */
export interface UsdtPlaces {
  readonly path: string;
  readonly file: Omit<UsdtNotes, "notes">;
  /** Those of the probe. */
  readonly notes: readonly UsdtNote[];
}

/** A program attached to all places of a probe. */
export class UsdtAttachment implements Attachment {
  /** One to all places since Linux 6.6, where the program was loaded for such links; one a place else. */
  readonly links: readonly Link[];
  readonly #release: () => void;

  /** Takes the links over; `release` gives back what they used. */
  constructor(links: readonly Link[], release: () => void) {
    this.links = links;
    this.#release = release;
  }

  /** Detaches the program, unless links are pinned; harmless when it is closed already. */
  close(): void {
    const isPinned = this.links.some(({ pinPath }) => pinPath !== undefined);
    for (const link of this.links) link.close();
    if (!isPinned) this.#release();
  }

  /** Detaches the program. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** What a probe is called: `libc:setjmp`. */
export function probeOf({ provider, name }: UsdtNote): string {
  return `${provider}:${name}`;
}

/**
 * Finds the places of a probe.
 *
 * @throws {NotFoundError} There is no such file or probe; the message lists the closest names.
 * @throws {ElfError} The file is no program or library of 64 bits, or its notes are damaged.
 */
export function findUsdt(path: string, probe: string): UsdtPlaces {
  const file = userPath(path);
  const { notes, ...facts } = readUsdtNotes(file);
  return { path: file, file: facts, notes: notesNamed(notes, path, probe) };
}

function notesNamed(notes: readonly UsdtNote[], path: string, probe: string): UsdtNote[] {
  const found = notes.filter((note) => probeOf(note) === probe);
  if (found.length > 0) return found;
  const state = notes.length === 0
    ? "the file has no USDT probes"
    : `the file has no such probe${closest(probe, notes.map(probeOf))}`;
  const form = probe.includes(":") ? "" : ": name provider and probe: libc:setjmp";
  throw new NotFoundError(`Cannot find USDT probe "${probe}" of "${path}": ${state}${form}`);
}

/**
 * Attaches a program to all places, by one link where the kernel has such and the program was loaded for them, else by one a
 * place.
 *
 * @param cookies What `bpf_get_attach_cookie()` returns, one a place.
 */
export function attachUsdtPlaces(
  program: Program,
  { path, notes }: UsdtPlaces,
  cookies: readonly bigint[] | undefined,
  pid: number | undefined,
): Link[] {
  const who = pid === undefined ? {} : { pid };
  try {
    return [attachUprobeMulti(program, path, {
      offsets: notes.map(({ offset }) => offset),
      refCounterOffsets: notes.map(({ semaphoreOffset }) => semaphoreOffset ?? 0),
      ...(cookies && { cookies }),
      ...who,
    })];
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
  }
  using undo = new DisposableStack();
  const links = notes.map(({ offset, semaphoreOffset }, i) => {
    const cookie = cookies?.[i];
    return undo.use(attachUprobe(program, path, offset, {
      ...(cookie !== undefined && { cookie }),
      ...(semaphoreOffset !== undefined && { refCounterOffset: semaphoreOffset }),
      ...who,
    }));
  });
  undo.move();
  return links;
}
