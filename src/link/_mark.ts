/**
 * The names that filters and routes of ours have: they outlive their process, and the kernel keeps nothing else for them.
 *
 * @module
 */
import { type Owner, thisProcess } from "./_owner.ts";

/** What the name of one of ours says. */
export interface Mark {
  /** The name of the program. */
  readonly program: string;
  readonly owner: Owner;
  /** Tells attachments of one process apart. */
  readonly nonce: string;
  /** Whether one of us made the qdisc of a filter: whose filter goes last removes it. */
  readonly ownsQdisc: boolean;
}

const PATTERN = /^(.*):waggle:(\d+):(\d+):(\d+):([0-9a-f]+)(:clsact)?$/;

/** The kernel takes 256 bytes for all of it: `CLS_BPF_NAME_LEN`, and `MAX_PROG_NAME` of `net/core/lwt_bpf.c`. */
const LONGEST_PROGRAM = 128;

/** The name of a program as marks have it. */
export function markedProgram(name: string): string {
  return name.slice(0, LONGEST_PROGRAM);
}

/** A new mark of this process. */
export function newMark(program: string, ownsQdisc = false): Mark {
  return {
    program: markedProgram(program),
    owner: thisProcess(),
    nonce: crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16) ?? "0",
    ownsQdisc,
  };
}

/** The name: `drop:waggle:1234:567890:4026531836:9f3c01d2:clsact`. */
export function formatMark({ program, owner, nonce, ownsQdisc }: Mark): string {
  const { pid, start, namespace } = owner;
  return `${program}:waggle:${pid}:${start}:${namespace}:${nonce}${ownsQdisc ? ":clsact" : ""}`;
}

/** Reads a name; `undefined` where it is not of ours. */
export function parseMark(name: string): Mark | undefined {
  const [, program = "", pid, start = "", namespace = "", nonce = "", qdisc] = PATTERN.exec(name) ?? [];
  if (pid === undefined) return undefined;
  return {
    program,
    owner: { pid: Number(pid), start, namespace },
    nonce,
    ownsQdisc: qdisc !== undefined,
  };
}
