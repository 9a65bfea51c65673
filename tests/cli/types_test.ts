import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bpftool } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";
import { waggle } from "./_waggle.ts";

const NEEDS = ["root", "btf", "tracefs"] as const;
const TRACE = fileURLToPath(new URL("../../src/trace/mod.ts", import.meta.url));

const PROBES = [
  "tracepoint:sched:sched_switch",
  "tracepoint:sock:inet_sock_set_state",
  "tracepoint:syscalls:sys_enter_openat",
  "rawTracepoint:sched_process_exec",
  "fentry:vfs_read",
  "kprobe:do_filp_open",
];

async function declarations(probes: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await waggle(["types", ...probes]);
  assertEquals(status, 0, stderr);
  return stdout;
}

/** The names of an interface's members, or of a property's. */
function membersOf(text: string, head: string): string[] {
  const lines = text.slice(text.indexOf(head)).split("\n").slice(1);
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  const end = lines.findIndex((line) => line.length > 0 && !line.startsWith(" ".repeat(indent)));
  return lines.slice(0, end).flatMap((line) => {
    const [, name] = /^ *readonly (\w+):/.exec(line) ?? [];
    return name !== undefined && line.startsWith(`${" ".repeat(indent)}readonly`) ? [name] : [];
  });
}

test("waggle types has the fields that bpftrace lists", { needs: [...NEEDS, "bpftrace"] }, async () => {
  const text = await declarations(PROBES);
  for (const name of ["sched:sched_switch", "sock:inet_sock_set_state", "syscalls:sys_enter_openat"]) {
    const listed = run("bpftrace", ["-lv", `tracepoint:${name}`]).split("\n").slice(1);
    const theirs = listed.flatMap((line) => /(\w+)(?:\[\d*\])?$/.exec(line.trim())?.[1] ?? []);
    const ours = membersOf(text, `readonly "${name}": {`).filter((name) => !name.startsWith("common_"));
    assertEquals(ours, theirs, name);
  }
});

interface RawType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly members?: readonly { readonly name: string; readonly type_id: number }[];
}

test("waggle types has the members that bpftool dumps", { needs: [...NEEDS, "bpftool"] }, async () => {
  const text = await declarations(PROBES);
  const dump = bpftool("btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "raw");
  const { types } = dump as unknown as { types: readonly RawType[] };
  for (const name of ["file", "path", "inode", "cred", "super_block", "linux_binprm"]) {
    const theirs = types.find((type) => type.kind === "STRUCT" && type.name === name)?.members ?? [];
    const named = theirs.filter(({ name }) => name !== "(anon)").map(({ name }) => name);
    const ours = new Set(membersOf(text, `interface struct_${name} {`));
    assertEquals(named.filter((name) => !ours.has(name)), [], name);
    assertEquals(named.length > 1, true, name);
  }
});

test("waggle types writes the same text each time, whatever the order", { needs: NEEDS }, async () => {
  const body = (text: string) => text.split("\n").slice(1).join("\n");
  const [one, two] = [await declarations(PROBES), await declarations(PROBES)];
  assertEquals(one, two);
  const [a, b] = [PROBES.slice(0, 2), PROBES.slice(0, 2).toReversed()];
  assertEquals(body(await declarations(a)), body(await declarations(b)));
});

/** A script with what is right, and what is wrong in lines that expect it. */
const SCRIPT = `
import type {} from "./kernel.d.ts";
import { counter, fentry, kprobe, rawTracepoint, tracepoint } from "@waggle/ebpf/trace";

const switches = tracepoint("sched:sched_switch", (c) => {
  if (c.args.next_comm === "sh" && (c.args.prev_state & 1) > 0) {
    return { comm: c.args.prev_comm, state: c.args.prev_state, pid: c.args.next_pid };
  }
});
for await (const { comm, state, pid } of switches) {
  const all: [string, string, number] = [comm, state, pid];
  // @ts-expect-error flags are text outside
  const wrong: number = state;
  console.log(all, wrong);
}
const states = tracepoint("sock:inet_sock_set_state", (c) => {
  if (c.args.newstate === "TCP_SYN_SENT" && c.args.daddr === "127.0.0.1") return { to: c.args.oldstate };
});
for await (const { to } of states) {
  if (to === "TCP_ESTABLISHED") console.log(to);
  // @ts-expect-error there is no such state
  if (to === "TCP_ESTABLISHD") console.log(to);
}
// @ts-expect-error there is no such field
tracepoint("sched:sched_switch", (c) => ({ a: c.args.prev_com }));
// @ts-expect-error there is no such field
tracepoint("sched:sched_switch", { calls: counter() }, (c, { calls }) => calls.count(c.args.next_prio2));
const reads = counter<string>();
fentry("vfs_read", { reads }, (c, { reads }) => {
  reads.count(c.str(c.args.file.f_path.dentry.d_name.name, 32), c.args.count);
  // @ts-expect-error there is no such member
  reads.count(c.str(c.args.file.f_path.dentri.d_name.name, 32));
});
kprobe("do_filp_open", (c) => ({ name: c.str(c.args.pathname.name) }));
const execs = rawTracepoint("sched_process_exec", (c) => ({
  uid: c.args.p.cred.uid,
  isRoot: c.args.p.cred.uid.val === 0,
  mode: c.args.bprm.file.f_inode.i_mode,
  start: c.args.p.start_time,
  file: c.args.bprm.file,
  limit: c.args.p.signal.rlim,
}));
for await (const { uid, isRoot, mode, start, file, limit } of execs) {
  const all: [number, boolean, string, number | bigint, bigint] = [uid, isRoot, mode, start, file];
  const most: number | bigint | undefined = limit[7]?.rlim_max;
  console.log(all, most);
}
// What is not declared stays as it was
tracepoint("sched:sched_wakeup", (c) => ({ a: c.args.whatever.there.is }));
fentry("vfs_write", (c) => ({ a: c.args.file.f_path.whatever }));
`;

test("waggle types is formatted, and scripts are checked by it", { needs: [...NEEDS, "deno"] }, async () => {
  const output = join(mkdtempSync(join(tmpdir(), "waggle-types-")), "kernel.d.ts");
  const permissions = ["--allow-ffi", "--allow-write"];
  assertEquals((await waggle(["types", ...PROBES, "-o", output], { permissions })).status, 0);
  const declared = readFileSync(output, "utf8");
  rmSync(dirname(output), { recursive: true });
  assertEquals(declared, await declarations(PROBES));
  withFolder((folder) => {
    const file = join(folder, "kernel.d.ts");
    writeFileSync(file, declared);
    writeFileSync(join(folder, "script.ts"), SCRIPT);
    const imports = { "@waggle/ebpf/trace": TRACE, "acorn": "npm:acorn@^8.15.0" };
    const compilerOptions = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    writeFileSync(join(folder, "deno.json"), JSON.stringify({ imports, lock: false, compilerOptions }));
    for (const args of [["fmt", "--check", file], ["lint", file], ["check", join(folder, "script.ts")]]) {
      const { status, stderr, stdout } = spawnSync("deno", args, { cwd: folder, encoding: "utf8" });
      assertEquals(status, 0, `${args[0]}: ${stderr}${stdout}`);
    }
  });
});

test("waggle types says what it does not know", { needs: NEEDS }, async () => {
  for (
    const [probe, message] of [
      ["tracepoint:sched:sched_swich", 'did you mean "sched_switch"?'],
      ["rawTracepoint:sched_swich", 'did you mean "sched_switch"?'],
      [
        "fentry:vfs_reed",
        'there is no function "vfs_reed" in the BTF of the kernel: did you mean "vfs_read"',
      ],
      ["tracepont:sched:sched_switch", 'did you mean "tracepoint"?'],
    ] as const
  ) {
    const { status, stderr } = await waggle(["types", probe]);
    assertEquals(status, 2);
    assertStringIncludes(stderr, message);
  }
});
