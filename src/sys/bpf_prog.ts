/**
 * The commands of bpf(2) for programs.
 *
 * @module
 */
import {
  ENABLE_STATS_ATTR,
  PROG_ATTACH_ATTR,
  PROG_BIND_MAP_ATTR,
  PROG_LOAD_ATTR,
  PROG_QUERY_ATTR,
  PROG_STREAM_READ_ATTR,
  PROG_TEST_RUN_ATTR,
  TASK_FD_QUERY_ATTR,
} from "../uapi/mod.ts";
import { Attr, type Fields } from "./attr.ts";
import { bpf, bpfDescriptor, tryBpf } from "./bpf.ts";
import { Descriptor } from "./descriptor.ts";

/** What loading a program gave. */
export interface ProgLoadResult {
  /** 0, or the error number. */
  readonly errno: number;
  /** The program, where there was no error. */
  readonly program: Descriptor | undefined;
  /** The size in bytes that the verifier's whole log needs. 0 before Linux 6.4. */
  readonly logTrueSize: number;
}

/** `BPF_PROG_LOAD`. Fails by its result, since an error comes with a log. `what` names the program in messages. */
export function progLoad(what: string, fields: Fields<typeof PROG_LOAD_ATTR>): ProgLoadResult {
  const attr = new Attr(PROG_LOAD_ATTR, fields);
  const result = tryBpf("PROG_LOAD", attr);
  return {
    errno: result < 0 ? -result : 0,
    program: result < 0 ? undefined : new Descriptor(result, what),
    logTrueSize: attr.get("log_true_size"),
  };
}

/** `BPF_PROG_ATTACH`. */
export function progAttach(what: string, fields: Fields<typeof PROG_ATTACH_ATTR>): void {
  bpf(`attach ${what}`, "PROG_ATTACH", new Attr(PROG_ATTACH_ATTR, fields));
}

/** `BPF_PROG_DETACH`. */
export function progDetach(what: string, fields: Fields<typeof PROG_ATTACH_ATTR>): void {
  bpf(`detach ${what}`, "PROG_DETACH", new Attr(PROG_ATTACH_ATTR, fields));
}

/** `BPF_PROG_QUERY`. Returns the struct as the kernel filled it. `what` names the hook in messages. */
export function progQuery(
  what: string,
  fields: Fields<typeof PROG_QUERY_ATTR>,
): Attr<typeof PROG_QUERY_ATTR> {
  const attr = new Attr(PROG_QUERY_ATTR, fields);
  bpf(`list the programs of ${what}`, "PROG_QUERY", attr);
  return attr;
}

/** `BPF_PROG_TEST_RUN`. Returns the struct as the kernel filled it: `retval`, `duration` (ns), sizes. */
export function progTestRun(
  what: string,
  fields: Fields<typeof PROG_TEST_RUN_ATTR>,
): Attr<typeof PROG_TEST_RUN_ATTR> {
  const attr = new Attr(PROG_TEST_RUN_ATTR, fields);
  bpf(`run ${what}`, "PROG_TEST_RUN", attr);
  return attr;
}

/** `BPF_PROG_BIND_MAP`: keeps a map alive for as long as the program. Since Linux 5.10. */
export function progBindMap(program: Descriptor, map: Descriptor): void {
  const attr = new Attr(PROG_BIND_MAP_ATTR, { prog_fd: program.fd, map_fd: map.fd });
  bpf(`bind ${map.what} to ${program.what}`, "PROG_BIND_MAP", attr);
}

/** `BPF_ENABLE_STATS`: the kernel measures programs for as long as the descriptor is open. Since Linux 5.8. */
export function enableStats(type: number): Descriptor {
  return bpfDescriptor("enable", "statistics of programs", "ENABLE_STATS", ENABLE_STATS_ATTR, { type });
}

/** `BPF_PROG_STREAM_READ_BY_FD`: reads what a program printed. Returns the number of bytes. Since Linux 6.17. */
export function progStreamRead(program: Descriptor, stream: number, buffer: Uint8Array): number {
  const attr = new Attr(PROG_STREAM_READ_ATTR, {
    prog_fd: program.fd,
    stream_id: stream,
    stream_buf: buffer,
    stream_buf_len: buffer.length,
  });
  return bpf(`read a stream of ${program.what}`, "PROG_STREAM_READ_BY_FD", attr);
}

/** `BPF_TASK_FD_QUERY`: the program behind a perf event of a process. Returns the struct as the kernel filled it. */
export function taskFdQuery(fields: Fields<typeof TASK_FD_QUERY_ATTR>): Attr<typeof TASK_FD_QUERY_ATTR> {
  const attr = new Attr(TASK_FD_QUERY_ATTR, fields);
  bpf("query a descriptor of a process", "TASK_FD_QUERY", attr);
  return attr;
}
