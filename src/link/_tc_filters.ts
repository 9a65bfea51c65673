/**
 * What attaching, removing and cleaning up filters of `tc` share.
 *
 * @module
 */
import { PermissionError, SyscallError } from "../errors.ts";
import { permissionHint } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { namedProgram } from "./_occupants.ts";
import {
  deleteClsact,
  deleteFilter,
  type Filter,
  type FilterKey,
  type FilterPlace,
  type FilterProgram,
  filtersOf,
} from "./_tc.ts";
import { formatMark, type Mark, parseMark } from "./_mark.ts";
import { explainAttach } from "./explain.ts";

/** The filters of both directions of a device. */
export function allFiltersOf(action: string, device: number): Filter[] {
  return (["ingress", "egress"] as const).flatMap((direction) => filtersOf(action, { device, direction }));
}

/** Whether a filter has this priority and handle. */
export function isAt(filter: Filter, { priority, handle, chain = 0 }: FilterKey): boolean {
  return filter.priority === priority && filter.handle === handle && filter.chain === chain;
}

/**
 * Removes a filter, and the qdisc where one of ours made it and no filter is left: nobody's who came meanwhile, but for
 * the moment between, which rtnetlink cannot close. False where it is gone already.
 */
export function removeFilter(action: string, place: FilterPlace, filter: Filter): boolean {
  try {
    deleteFilter(action, place, filter);
    if (parseMark(filter.name)?.ownsQdisc && allFiltersOf(action, place.device).length === 0) {
      deleteClsact(action, place.device);
    }
    return true;
  } catch (cause) {
    if (isGone(cause)) return false;
    throw explainRemoval(cause, action);
  }
}

/** Whether the filter, its qdisc or its device is gone: the kernel has no number of its own for a qdisc. */
function isGone(cause: unknown): boolean {
  const numbers: readonly number[] = [ERRNO.ENOENT, ERRNO.ENODEV, ERRNO.EINVAL];
  return cause instanceof SyscallError && numbers.includes(cause.errno);
}

function explainRemoval(cause: unknown, action: string): unknown {
  if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EPERM) return cause;
  const hint = permissionHint("CAP_NET_ADMIN");
  return new PermissionError(`Cannot ${action}: not permitted: ${hint}`, { cause });
}

/** What the kernel is handed for a program. */
export function filterProgram(program: Program, mark: Mark): FilterProgram {
  return { fd: program.descriptor.fd, name: formatMark(mark) };
}

/** The attachment in messages. */
export function describeAttachment({ name }: Program, device: string, { direction }: FilterPlace): string {
  return `a filter of program "${name}" at device "${device}" (${direction})`;
}

/** The error to throw in place of `cause`, where a filter was to be made or changed. */
export function explainFilter(cause: unknown, what: string, program: Program, place: FilterPlace): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  const there = cause.errno === ERRNO.EEXIST ? filtersOf(`create ${what}`, place) : [];
  const hints = {
    [ERRNO.EEXIST]: `${describeFilters(there)}: replace it, or take another handle`,
    // `tcf_proto_lookup_ops`
    [ERRNO.ENOENT]: 'the kernel is built without filters of kind "bpf" (CONFIG_NET_CLS_BPF)',
  };
  return explainAttach(cause, {
    program,
    what,
    types: ["sched_cls"],
    capabilities: ["CAP_NET_ADMIN"],
    hints,
  });
}

/** A filter's place among others, in messages: `filter 0x1 of priority 5`. */
export function describeKey({ priority, handle }: FilterKey): string {
  return `filter 0x${handle.toString(16)} of priority ${priority}`;
}

/** A filter and whose it is, in messages: `filter 0x1 of priority 5 (program "drop" (id 7), of process 1234)`. */
export function describeFilter(filter: Filter): string {
  const { kind, name, programId } = filter;
  const mark = parseMark(name);
  const program = programId === undefined ? `of kind ${kind}` : namedProgram(programId);
  const owner = mark ? `, of process ${mark.owner.pid}` : name && `, called "${name}"`;
  return `${describeKey(filter)} (${program}${owner})`;
}

/** What a place has, as the end of a message. */
export function describeFilters(filters: readonly Filter[]): string {
  return filters.length > 0 ? `there is ${filters.map(describeFilter).join(", ")}` : "there is no filter";
}
