/**
 * Writes src/uapi/enums.ts and src/uapi/layouts.ts from the running kernel's BTF, as bpftool prints it.
 *
 * `deno run -A scripts/generate_uapi.ts` writes them; with `--check` it fails where the files would change.
 */
import { emit, enumerators, kernelTypes, type RawType } from "./_kernel_types.ts";

interface EnumSource {
  readonly name: string;
  readonly doc: string;
  readonly find: string;
  readonly prefix: string;
  /** Members that kernels after this one brought: `include/uapi/linux/bpf.h` of Linux 7.0. */
  readonly newer?: Readonly<Record<string, number>>;
}

/** Our name for an enum: the C enum, the prefix its members lose. `__MAX_…` and aliases that C keeps for old code go. */
const ENUMS: readonly EnumSource[] = [
  { name: "BPF_CMD", doc: "Commands of bpf(2), `enum bpf_cmd`.", find: "bpf_cmd", prefix: "BPF_" },
  {
    name: "BPF_MAP_TYPE",
    doc: "`enum bpf_map_type`.",
    find: "bpf_map_type",
    prefix: "BPF_MAP_TYPE_",
    newer: { INSN_ARRAY: 34 },
  },
  { name: "BPF_PROG_TYPE", doc: "`enum bpf_prog_type`.", find: "bpf_prog_type", prefix: "BPF_PROG_TYPE_" },
  { name: "BPF_ATTACH_TYPE", doc: "`enum bpf_attach_type`.", find: "bpf_attach_type", prefix: "BPF_" },
  { name: "BPF_LINK_TYPE", doc: "`enum bpf_link_type`.", find: "bpf_link_type", prefix: "BPF_LINK_TYPE_" },
  {
    name: "BPF_MAP_FLAG",
    doc: "Flags of `BPF_MAP_CREATE` and of files of maps.",
    find: "BPF_F_NO_PREALLOC",
    prefix: "BPF_F_",
  },
  {
    name: "BPF_ELEMENT_FLAG",
    doc: "Flags of element operations.",
    find: "BPF_NOEXIST",
    prefix: "BPF_",
    newer: { F_CPU: 8, F_ALL_CPUS: 16 },
  },
  { name: "PERF_TYPE", doc: "`enum perf_type_id`.", find: "perf_type_id", prefix: "PERF_TYPE_" },
  { name: "PERF_COUNT_SW", doc: "`enum perf_sw_ids`.", find: "perf_sw_ids", prefix: "PERF_COUNT_SW_" },
  {
    name: "PERF_SAMPLE",
    doc: "What a sample carries, `enum perf_event_sample_format`.",
    find: "perf_event_sample_format",
    prefix: "PERF_SAMPLE_",
  },
];

/** Our name for each struct in `union bpf_attr`: the member's name, or the first field of an anonymous one. */
const ATTRIBUTES: Readonly<Record<string, { name: string; doc: string }>> = {
  map_type: { name: "MAP_CREATE_ATTR", doc: "`BPF_MAP_CREATE`." },
  map_fd: { name: "MAP_ELEM_ATTR", doc: "`BPF_MAP_*_ELEM`, `BPF_MAP_GET_NEXT_KEY`, `BPF_MAP_FREEZE`." },
  batch: { name: "MAP_BATCH_ATTR", doc: "`BPF_MAP_*_BATCH`." },
  prog_type: { name: "PROG_LOAD_ATTR", doc: "`BPF_PROG_LOAD`." },
  pathname: { name: "OBJ_ATTR", doc: "`BPF_OBJ_PIN`, `BPF_OBJ_GET`." },
  target_fd: { name: "PROG_ATTACH_ATTR", doc: "`BPF_PROG_ATTACH`, `BPF_PROG_DETACH`." },
  test: { name: "PROG_TEST_RUN_ATTR", doc: "`BPF_PROG_TEST_RUN`." },
  start_id: { name: "ID_ATTR", doc: "`BPF_*_GET_NEXT_ID`, `BPF_*_GET_FD_BY_ID`." },
  info: { name: "OBJ_GET_INFO_ATTR", doc: "`BPF_OBJ_GET_INFO_BY_FD`." },
  query: { name: "PROG_QUERY_ATTR", doc: "`BPF_PROG_QUERY`." },
  raw_tracepoint: { name: "RAW_TRACEPOINT_OPEN_ATTR", doc: "`BPF_RAW_TRACEPOINT_OPEN`." },
  btf: { name: "BTF_LOAD_ATTR", doc: "`BPF_BTF_LOAD`." },
  task_fd_query: { name: "TASK_FD_QUERY_ATTR", doc: "`BPF_TASK_FD_QUERY`." },
  link_create: { name: "LINK_CREATE_ATTR", doc: "`BPF_LINK_CREATE`." },
  link_update: { name: "LINK_UPDATE_ATTR", doc: "`BPF_LINK_UPDATE`." },
  link_detach: { name: "LINK_DETACH_ATTR", doc: "`BPF_LINK_DETACH`." },
  enable_stats: { name: "ENABLE_STATS_ATTR", doc: "`BPF_ENABLE_STATS`." },
  iter_create: { name: "ITER_CREATE_ATTR", doc: "`BPF_ITER_CREATE`." },
  prog_bind_map: { name: "PROG_BIND_MAP_ATTR", doc: "`BPF_PROG_BIND_MAP`." },
  token_create: { name: "TOKEN_CREATE_ATTR", doc: "`BPF_TOKEN_CREATE`." },
  prog_stream_read: { name: "PROG_STREAM_READ_ATTR", doc: "`BPF_PROG_STREAM_READ_BY_FD`." },
};

/** Structs that stand alone. */
const STRUCTS: readonly { name: string; find: string }[] = [
  { name: "MAP_INFO", find: "bpf_map_info" },
  { name: "PROG_INFO", find: "bpf_prog_info" },
  { name: "BTF_INFO", find: "bpf_btf_info" },
  { name: "LINK_INFO", find: "bpf_link_info" },
  { name: "PERF_EVENT_ATTR", find: "perf_event_attr" },
];

/** Fields that kernels after this one brought: `include/uapi/linux/bpf.h` of libbpf's main branch. */
const NEWER_FIELDS: Readonly<Record<string, readonly Field[]>> = {
  LINK_CREATE_ATTR: [
    { path: "tracing_multi.ids", place: [16, 8] },
    { path: "tracing_multi.cookies", place: [24, 8] },
    { path: "tracing_multi.cnt", place: [32, 4] },
  ],
};

interface Field {
  readonly path: string;
  /** [byte offset, byte size] and, in bitfields, [.., lowest bit, width]. */
  readonly place: readonly number[];
}

const types = kernelTypes();

function resolve(id: number): RawType {
  const type = types.byId(id);
  return ["TYPEDEF", "CONST", "VOLATILE"].includes(type.kind) ? resolve(type.type_id ?? 0) : type;
}

function sizeOf(id: number): number {
  const type = resolve(id);
  if (type.kind === "ARRAY") return (type.nr_elems ?? 0) * sizeOf(type.type_id ?? 0);
  if (type.size === undefined) throw new Error(`type ${id} (${type.kind}) has no size`);
  return type.size;
}

/** The fields of a struct, nested ones flattened to `outer.inner`, anonymous ones without a name of their own. */
function fields(struct: RawType, base: number, path: string): Field[] {
  return (struct.members ?? []).flatMap((member): Field[] => {
    const bit = base * 8 + member.bits_offset;
    const named = member.name === "(anon)" ? path : path + member.name;
    const type = resolve(member.type_id);
    if (type.kind === "STRUCT" || type.kind === "UNION") {
      return fields(type, bit / 8, named === path ? path : named + ".");
    }
    const size = sizeOf(member.type_id);
    if (!member.bitfield_size) return [{ path: named, place: [bit / 8, size] }];
    const storage = Math.floor(bit / (size * 8)) * size;
    return [{ path: named, place: [storage, size, bit - storage * 8, member.bitfield_size] }];
  });
}

function layout(name: string, doc: string, struct: RawType): string {
  const known = fields(struct, 0, "").filter((field) => !field.path.includes("__reserved"));
  const newer = (NEWER_FIELDS[name] ?? []).filter(({ path }) => known.every((field) => field.path !== path));
  const all = [...known, ...newer];
  const size = Math.max(...all.map(({ place: [offset = 0, bytes = 0] }) => offset + bytes));
  const rows = all.map((field) => `    ${JSON.stringify(field.path)}: [${field.place.join(", ")}],`);
  const head = `/** ${doc} */\nexport const ${name} = {\n  size: ${size},\n  fields: {\n`;
  return `${head}${rows.join("\n")}\n  },\n} as const;\n`;
}

function attributeLayouts(): string[] {
  return (types.find("UNION", "bpf_attr").members ?? []).map((member) => {
    const struct = resolve(member.type_id);
    const key = member.name === "(anon)" ? firstField(struct) : member.name;
    const known = ATTRIBUTES[key];
    if (!known) throw new Error(`union bpf_attr has a new member: add a row for "${key}"`);
    return layout(known.name, `Attributes of ${known.doc}`, struct);
  });
}

function firstField(struct: RawType): string {
  const first = struct.members?.[0];
  if (!first) throw new Error("a struct of union bpf_attr is empty");
  return first.name === "(anon)" ? firstField(resolve(first.type_id)) : first.name;
}

function enumText({ name, doc, find, prefix, newer = {} }: EnumSource): string {
  const members = Object.fromEntries(
    enumerators(types, find)
      .filter((value) => value.name.startsWith(prefix))
      .map((value) => [value.name.slice(prefix.length), value.val]),
  );
  const rows = Object.entries({ ...members, ...newer }).map(([name, value]) => `  ${name}: ${value},`);
  return `/** ${doc} */\nexport const ${name} = {\n${rows.join("\n")}\n} as const;\n`;
}

const LAYOUT_TYPE = `/** Where each field of a struct lies. */
export interface Layout {
  /** In bytes, without padding at the end. */
  readonly size: number;
  /** By path: offset and size in bytes; in bitfields also the lowest bit and the width in bits. */
  readonly fields: Readonly<Record<string, readonly [number, number] | readonly [number, number, number, number]>>;
}
`;

await emit("src/uapi/enums.ts", "Numbers of the kernel's UAPI.", ENUMS.map(enumText));
await emit("src/uapi/layouts.ts", "Layouts of the structs that bpf(2) and perf_event_open(2) take.", [
  LAYOUT_TYPE,
  ...attributeLayouts(),
  ...STRUCTS.map(({ name, find }) => layout(name, `\`struct ${find}\`.`, types.find("STRUCT", find))),
]);
