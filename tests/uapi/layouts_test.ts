import { assertEquals, assertGreater } from "@std/assert";
import * as uapi from "../../src/uapi/mod.ts";
import type { Layout } from "../../src/uapi/mod.ts";
import { evaluateKnown } from "../_c.ts";
import { test } from "../_harness.ts";

/** What each layout is in C: the type, and the member of it that the struct is. */
const IN_C: Readonly<Record<string, readonly [layout: Layout, type: string, member?: string]>> = {
  MAP_CREATE_ATTR: [uapi.MAP_CREATE_ATTR, "union bpf_attr"],
  MAP_ELEM_ATTR: [uapi.MAP_ELEM_ATTR, "union bpf_attr"],
  MAP_BATCH_ATTR: [uapi.MAP_BATCH_ATTR, "union bpf_attr", "batch"],
  PROG_LOAD_ATTR: [uapi.PROG_LOAD_ATTR, "union bpf_attr"],
  OBJ_ATTR: [uapi.OBJ_ATTR, "union bpf_attr"],
  PROG_ATTACH_ATTR: [uapi.PROG_ATTACH_ATTR, "union bpf_attr"],
  PROG_TEST_RUN_ATTR: [uapi.PROG_TEST_RUN_ATTR, "union bpf_attr", "test"],
  ID_ATTR: [uapi.ID_ATTR, "union bpf_attr"],
  OBJ_GET_INFO_ATTR: [uapi.OBJ_GET_INFO_ATTR, "union bpf_attr", "info"],
  PROG_QUERY_ATTR: [uapi.PROG_QUERY_ATTR, "union bpf_attr", "query"],
  RAW_TRACEPOINT_OPEN_ATTR: [uapi.RAW_TRACEPOINT_OPEN_ATTR, "union bpf_attr", "raw_tracepoint"],
  BTF_LOAD_ATTR: [uapi.BTF_LOAD_ATTR, "union bpf_attr"],
  TASK_FD_QUERY_ATTR: [uapi.TASK_FD_QUERY_ATTR, "union bpf_attr", "task_fd_query"],
  LINK_CREATE_ATTR: [uapi.LINK_CREATE_ATTR, "union bpf_attr", "link_create"],
  LINK_UPDATE_ATTR: [uapi.LINK_UPDATE_ATTR, "union bpf_attr", "link_update"],
  LINK_DETACH_ATTR: [uapi.LINK_DETACH_ATTR, "union bpf_attr", "link_detach"],
  ENABLE_STATS_ATTR: [uapi.ENABLE_STATS_ATTR, "union bpf_attr", "enable_stats"],
  ITER_CREATE_ATTR: [uapi.ITER_CREATE_ATTR, "union bpf_attr", "iter_create"],
  PROG_BIND_MAP_ATTR: [uapi.PROG_BIND_MAP_ATTR, "union bpf_attr", "prog_bind_map"],
  MAP_INFO: [uapi.MAP_INFO, "struct bpf_map_info"],
  PROG_INFO: [uapi.PROG_INFO, "struct bpf_prog_info"],
  BTF_INFO: [uapi.BTF_INFO, "struct bpf_btf_info"],
  LINK_INFO: [uapi.LINK_INFO, "struct bpf_link_info"],
  PERF_EVENT_ATTR: [uapi.PERF_EVENT_ATTR, "struct perf_event_attr"],
};

test("layouts have the offsets and sizes of the header", { needs: ["linux", "cc"] }, () => {
  const rows = Object.entries(IN_C).flatMap(([name, [layout, type, member]]) =>
    Object.entries(layout.fields).map(([field, [offset, size]]) => {
      const path = member === undefined ? field : `${member}.${field}`;
      return {
        field: `${name}.${field}`,
        place: [offset, size],
        // together, so that a field the header does not know is one error
        inC: `offsetof(${type}, ${path}) << 16 | sizeof(((${type} *)0)->${path})`,
      };
    })
  );
  const headers = "#include <linux/bpf.h>\n#include <linux/perf_event.h>";
  const known = evaluateKnown(headers, rows.map(({ inC }) => inC));
  for (const { field, place, inC } of rows) {
    const value = known.get(inC);
    if (value !== undefined) {
      assertEquals([field, ...place], [field, Number(value >> 16n), Number(value & 0xffffn)]);
    }
  }
  assertGreater(known.size, 210); // Linux 6.1 knows as many
});

test("layouts end with their last field", () => {
  for (const [name, [layout]] of Object.entries(IN_C)) {
    const ends = Object.values(layout.fields).map(([offset, size]) => offset + size);
    assertEquals(layout.size, Math.max(...ends), name);
  }
});
