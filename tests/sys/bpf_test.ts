import { assertEquals, assertInstanceOf, assertMatch, assertThrows } from "@std/assert";
import { SyscallError } from "../../src/errors.ts";
import {
  Attr,
  btfLoad,
  Descriptor,
  enableStats,
  ERRNO,
  type FieldValue,
  iterCreate,
  linkCreate,
  linkDetach,
  linkUpdate,
  mapBatch,
  mapCreate,
  mapFreeze,
  nextId,
  objectName,
  objGet,
  objInfo,
  objPin,
  openById,
  progAttach,
  progBindMap,
  progDetach,
  progLoad,
  progQuery,
  progStreamRead,
  progTestRun,
  rawTracepointOpen,
  taskFdQuery,
  tokenCreate,
  tryBpf,
} from "../../src/sys/mod.ts";
import { MAP_ELEM_ATTR, MAP_INFO } from "../../src/uapi/mod.ts";
import { evaluate } from "../_c.ts";
import { test } from "../_harness.ts";
import { type BpfCall, FAKE_FD, fakeDescriptor, withBpf } from "./_fake.ts";

type Values = Readonly<Record<string, FieldValue>>;

/** One function: how it is called, and what the kernel must be handed, in C's terms. */
interface Row {
  readonly command: string;
  /** The values of `union bpf_attr`, by the names that C has for its members. */
  readonly values: Values;
  call(): unknown;
  /** Whether it throws where the kernel refuses; the others return the error. */
  readonly throws: boolean;
}

function row(command: string, values: Values, call: () => unknown, throws = true): Row {
  return { command, values, call, throws };
}

/** The same values under the name that C gives to the struct they are in. */
function inside(struct: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${struct}.${name}`, value]));
}

function text(string: string): Uint8Array {
  return new TextEncoder().encode(`${string}\0`);
}

const BYTES = Uint8Array.of(1, 2, 3);
const WIDE = 2n ** 40n + 7n;

const MAP_FIELDS = {
  ...{ map_type: 1, key_size: 4, value_size: 8, max_entries: 16, map_flags: 32, inner_map_fd: 33 },
  ...{ numa_node: 34, map_name: objectName("events"), map_ifindex: 35, btf_fd: 36, btf_key_type_id: 37 },
  ...{ btf_value_type_id: 38, btf_vmlinux_value_type_id: 39, map_extra: WIDE },
};
const PROG_FIELDS = {
  ...{ prog_type: 5, insn_cnt: 2, insns: BYTES, license: text("GPL"), log_level: 1, log_size: 64 },
  ...{ log_buf: new Uint8Array(8), kern_version: 40, prog_flags: 41, prog_name: objectName("on_exec") },
  ...{ prog_ifindex: 42, expected_attach_type: 43, prog_btf_fd: 44, func_info_rec_size: 8, func_info_cnt: 1 },
  ...{ func_info: new Uint8Array(8).fill(5), line_info_rec_size: 16, line_info: new Uint8Array(16).fill(6) },
  ...{ line_info_cnt: 1, attach_btf_id: 45, attach_btf_obj_fd: 46, fd_array: new Uint8Array(4).fill(7) },
};
const BATCH_FIELDS = {
  ...{ in_batch: BYTES, out_batch: new Uint8Array(4), keys: new Uint8Array(8), values: new Uint8Array(16) },
  ...{ count: 2, map_fd: 9, elem_flags: WIDE, flags: 2n ** 33n },
};
const TEST_FIELDS = {
  ...{ prog_fd: 9, data_size_in: 3, data_size_out: 8, data_in: BYTES, data_out: new Uint8Array(8) },
  ...{ repeat: 10, ctx_size_in: 3, ctx_size_out: 4, ctx_in: BYTES, ctx_out: new Uint8Array(4), flags: 11 },
  ...{ cpu: 12, batch_size: 13 },
};
const QUERY_FIELDS = {
  ...{ target_fd: 9, attach_type: 10, query_flags: 11, prog_ids: new Uint8Array(8), prog_cnt: 2 },
  prog_attach_flags: new Uint8Array(8),
};
const ATTACH_FIELDS = {
  target_fd: 9,
  attach_bpf_fd: 10,
  attach_type: 11,
  attach_flags: 12,
  replace_bpf_fd: 13,
};
const LINK_FIELDS = { prog_fd: 9, target_fd: 10, attach_type: 11, flags: 12 };
const BTF_FIELDS = {
  ...{ btf: BYTES, btf_log_buf: new Uint8Array(8), btf_size: 3, btf_log_size: 8, btf_log_level: 1 },
};
const QUERY_TASK = { pid: 9, fd: 10, flags: 11, buf_len: 3, buf: BYTES };
const FD = FAKE_FD + 1;
const OTHER_FD = FAKE_FD + 2;

function withMap<T>(body: (map: Descriptor) => T): T {
  using map = fakeDescriptor(1, 'map "m"');
  return body(map);
}

function withTwo<T>(body: (program: Descriptor, map: Descriptor) => T): T {
  using program = fakeDescriptor(1, 'program "p"');
  using map = fakeDescriptor(2, 'map "m"');
  return body(program, map);
}

const ROWS: Readonly<Record<string, Row>> = {
  mapCreate: row("BPF_MAP_CREATE", MAP_FIELDS, () => mapCreate('map "m"', MAP_FIELDS)),
  mapFreeze: row("BPF_MAP_FREEZE", { map_fd: FD }, () => withMap(mapFreeze)),
  mapBatch: row(
    "BPF_MAP_LOOKUP_AND_DELETE_BATCH",
    inside("batch", BATCH_FIELDS),
    () => mapBatch("MAP_LOOKUP_AND_DELETE_BATCH", BATCH_FIELDS),
    false,
  ),
  progLoad: row("BPF_PROG_LOAD", PROG_FIELDS, () => progLoad('program "p"', PROG_FIELDS), false),
  progAttach: row("BPF_PROG_ATTACH", ATTACH_FIELDS, () => progAttach('program "p"', ATTACH_FIELDS)),
  progDetach: row("BPF_PROG_DETACH", ATTACH_FIELDS, () => progDetach('program "p"', ATTACH_FIELDS)),
  progQuery: row("BPF_PROG_QUERY", inside("query", QUERY_FIELDS), () => progQuery("a cgroup", QUERY_FIELDS)),
  progTestRun: row("BPF_PROG_TEST_RUN", inside("test", TEST_FIELDS), () => progTestRun("p", TEST_FIELDS)),
  progBindMap: row(
    "BPF_PROG_BIND_MAP",
    inside("prog_bind_map", { prog_fd: FD, map_fd: OTHER_FD }),
    () => withTwo(progBindMap),
  ),
  enableStats: row("BPF_ENABLE_STATS", inside("enable_stats", { type: 3 }), () => enableStats(3)),
  taskFdQuery: row(
    "BPF_TASK_FD_QUERY",
    inside("task_fd_query", QUERY_TASK),
    () => taskFdQuery(QUERY_TASK),
  ),
  linkCreate: row(
    "BPF_LINK_CREATE",
    { ...inside("link_create", LINK_FIELDS), "link_create.perf_event.bpf_cookie": WIDE },
    () => linkCreate("a link", { ...LINK_FIELDS, "perf_event.bpf_cookie": WIDE }),
  ),
  linkUpdate: row(
    "BPF_LINK_UPDATE",
    inside("link_update", { link_fd: FD, new_prog_fd: 9, flags: 4, old_prog_fd: 10 }),
    () => withMap((link) => linkUpdate(link, { new_prog_fd: 9, flags: 4, old_prog_fd: 10 })),
  ),
  linkDetach: row("BPF_LINK_DETACH", inside("link_detach", { link_fd: FD }), () => withMap(linkDetach)),
  rawTracepointOpen: row(
    "BPF_RAW_TRACEPOINT_OPEN",
    inside("raw_tracepoint", { name: text("sys_enter"), prog_fd: 9 }),
    () => rawTracepointOpen("a link", { name: text("sys_enter"), prog_fd: 9 }),
  ),
  iterCreate: row("BPF_ITER_CREATE", inside("iter_create", { link_fd: FD }), () => withMap(iterCreate)),
  objPin: row(
    "BPF_OBJ_PIN",
    { pathname: text("/sys/fs/bpf/m"), bpf_fd: FD },
    () => withMap((map) => objPin(map, "/sys/fs/bpf/m")),
  ),
  objGet: row(
    "BPF_OBJ_GET",
    { pathname: text("/sys/fs/bpf/m"), file_flags: 8 },
    () => objGet("/sys/fs/bpf/m", 8),
  ),
  objInfo: row(
    "BPF_OBJ_GET_INFO_BY_FD",
    inside("info", { bpf_fd: FD, info_len: MAP_INFO.size, info: new Uint8Array(MAP_INFO.size) }),
    () => withMap((map) => objInfo(map, MAP_INFO, {})),
  ),
  nextId: row("BPF_PROG_GET_NEXT_ID", { start_id: 77 }, () => nextId("PROG", 77)),
  openById: row(
    "BPF_LINK_GET_FD_BY_ID",
    { link_id: 77, open_flags: 8 },
    () => openById("LINK", 77, 8),
  ),
  btfLoad: row("BPF_BTF_LOAD", BTF_FIELDS, () => btfLoad(BTF_FIELDS), false),
};

/** Commands that the headers of Linux 6.1 lack, by `include/uapi/linux/bpf.h` of Linux 6.17. */
const LATER = `
#include <linux/bpf.h>
enum { LATER_TOKEN_CREATE = 36, LATER_PROG_STREAM_READ_BY_FD = 37 };
union later {
  struct { __u32 flags; __u32 bpffs_fd; } token_create;
  struct { __aligned_u64 stream_buf; __u32 stream_buf_len; __u32 stream_id; __u32 prog_fd; } prog_stream_read;
};`;

const LATER_ROWS: Readonly<Record<string, Row>> = {
  tokenCreate: row(
    "LATER_TOKEN_CREATE",
    inside("token_create", { bpffs_fd: FD }),
    () => withMap(tokenCreate),
  ),
  progStreamRead: row(
    "LATER_PROG_STREAM_READ_BY_FD",
    inside("prog_stream_read", { stream_buf: BYTES, stream_buf_len: 3, stream_id: 2, prog_fd: FD }),
    () => withMap((program) => progStreamRead(program, 2, BYTES)),
  ),
};

/** Checks one call against the offsets that C gives. */
function assertHanded({ command, attr, memory }: BpfCall, row: Row, union: string): void {
  const names = Object.keys(row.values);
  const places = names.flatMap((name) => [`offsetof(${union}, ${name})`, `sizeof(((${union} *)0)->${name})`]);
  const [number, ...offsets] = evaluate(LATER, [row.command, ...places]).map(Number);
  assertEquals(command, number);

  const expected = new Uint8Array(attr.length);
  names.forEach((name, i) => {
    const [offset = 0, size = 0] = offsets.slice(2 * i);
    const value = row.values[name] ?? 0;
    if (typeof value !== "object") {
      const word = new Uint8Array(BigUint64Array.of(BigInt(value)).buffer, 0, size);
      expected.set(word, offset);
    } else if (size === 8) {
      const pointer = attr.slice(offset, offset + size);
      const [address = 0n] = new BigUint64Array(pointer.buffer);
      assertEquals([...memory(address, value.length)], [...value], name);
      expected.set(pointer, offset);
    } else {
      expected.set(value, offset);
    }
  });
  assertEquals([...attr], [...expected]);
}

function closeResult(result: unknown): void {
  if (result instanceof Descriptor) result.close();
}

for (const [union, rows] of [["union bpf_attr", ROWS], ["union later", LATER_ROWS]] as const) {
  for (const [name, row] of Object.entries(rows)) {
    test(`${name}() hands the kernel what C would`, { needs: ["linux", "cc"] }, () => {
      let calls = 0;
      withBpf((call) => {
        calls++;
        assertHanded(call, row, union);
        return row.throws ? FAKE_FD : -ERRNO.EPERM;
      }, () => closeResult(row.call()));
      assertEquals(calls, 1);
    });

    if (!row.throws) continue;
    test(`${name}() throws a SyscallError for any refusal`, () => {
      for (const [errno, code] of [[1, "EPERM"], [7, "E2BIG"], [22, "EINVAL"], [524, "ENOTSUPP"]] as const) {
        const error = assertThrows(() => withBpf(() => -errno, row.call));
        assertInstanceOf(error, SyscallError);
        assertEquals([error.errno, error.code], [errno, code]);
        assertMatch(error.syscall, /^bpf\([A-Z_]+\)$/);
        assertMatch(error.message, /^Cannot [a-z]+ .+: [a-z ]+ \(E\w+ from bpf\([A-Z_]+\)\)$/);
      }
    });
  }
}

test("mapCreate() names the map, the error and the command", () => {
  const error = assertThrows(() => withBpf(() => -ERRNO.E2BIG, () => mapCreate('map "events"', {})));
  assertInstanceOf(error, SyscallError);
  assertEquals(error.message, 'Cannot create map "events": too big (E2BIG from bpf(MAP_CREATE))');
  assertEquals(error.syscall, "bpf(MAP_CREATE)");
});

test("mapCreate() gives the descriptor an owner", () => {
  withBpf(() => FAKE_FD, () => {
    using map = mapCreate('map "events"', {});
    assertEquals([map.fd, map.what], [FAKE_FD, 'map "events"']);
  });
});

test("progLoad() and btfLoad() return the error, since it comes with a log", () => {
  withBpf(() => -ERRNO.EACCES, () => {
    assertEquals(progLoad("p", {}), { errno: 13, program: undefined, logTrueSize: 0 });
    assertEquals(btfLoad({}), { errno: 13, btf: undefined });
  });
  // log_true_size is at byte 140: include/uapi/linux/bpf.h of Linux 6.4
  const answer = ({ attr }: BpfCall) => (new DataView(attr.buffer).setUint32(140, 999, true), FAKE_FD);
  withBpf(answer, () => {
    const { errno, program, logTrueSize } = progLoad("p", {});
    assertEquals([errno, program?.fd, logTrueSize], [0, FAKE_FD, 999]);
    program?.close();
  });
});

test("nextId() is undefined after the last id", () => {
  assertEquals(withBpf(() => -ERRNO.ENOENT, () => nextId("MAP", 5)), undefined);
  const answer = ({ attr }: BpfCall) => (new DataView(attr.buffer).setUint32(4, 6, true), 0);
  assertEquals(withBpf(answer, () => nextId("MAP", 5)), 6);
});

test("tryBpf() tries again while a signal interrupts it", () => {
  for (const errno of [ERRNO.EINTR, ERRNO.EAGAIN]) {
    const answers = [-errno, -errno, -errno, 5];
    withBpf(() => answers.shift() ?? 0, () => {
      assertEquals(tryBpf("MAP_LOOKUP_ELEM", new Attr(MAP_ELEM_ATTR, {})), 5);
    });
    assertEquals(answers, []);
  }
});

test("tryBpf() gives up where every try is interrupted", () => {
  withBpf(() => -ERRNO.EINTR, (fake) => {
    assertEquals(tryBpf("MAP_LOOKUP_ELEM", new Attr(MAP_ELEM_ATTR, {})), -ERRNO.EINTR);
    assertEquals(fake.calls.length, 101);
  });
});

test("mapBatch() returns an error with the elements before it, once", () => {
  const counts: number[] = [];
  const answer = ({ attr }: BpfCall) => {
    const view = new DataView(attr.buffer);
    counts.push(view.getUint32(32, true));
    view.setUint32(32, 3, true);
    return -ERRNO.EAGAIN;
  };
  const result = withBpf(answer, () => mapBatch("MAP_LOOKUP_BATCH", { count: 8 }));
  assertEquals(result, { result: -ERRNO.EAGAIN, count: 3 });
  assertEquals(counts, [8]);
});
