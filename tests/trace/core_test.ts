/** Objects of kernel functions on kernels that have the fields elsewhere. */
import { assertEquals } from "@std/assert";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseElf } from "../../src/elf/mod.ts";
import { load } from "../../src/object/mod.ts";
import { relocate } from "../../src/relocate/mod.ts";
import { hash, rawTracepoint, uprobe } from "../../src/trace/mod.ts";
import type { Instruction } from "../../src/asm/mod.ts";
import { hash as hashKind, u32 } from "../../mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

/** Fields as they are asked for, below: another kernel's, which has each elsewhere. */
const OTHER = `
typedef struct { int counter; } atomic_t;
struct list_head { struct list_head *next, *prev; };
struct sched_entity { char before[24]; unsigned long long vruntime; };
struct files_struct { char before[128]; atomic_t count; };
struct thread_info { int added; unsigned long flags; };
struct rlimit { long before, rlim_cur, rlim_max; };
struct signal_struct { int before[9]; struct rlimit rlim[16]; };
struct in6_addr { unsigned char bytes[16]; };
struct sock_common {
  short skc_family;
  struct { int added; union { struct { int skc_rcv_saddr, skc_daddr; }; long pair; }; };
  struct in6_addr skc_v6_daddr;
};
struct task_struct {
  char before[400];
  int tgid;
  struct { long more; int pid; };
  struct sched_entity se;
  struct thread_info thread_info;
  unsigned flags;
  struct list_head list, children;
  struct files_struct *files;
  struct task_struct *real_parent;
  struct signal_struct *signal;
  unsigned long long rlimit_time[3];
  char comm[16];
};
`;

/** Where these are, in the order in which the function asks for them. */
const PLACES = [
  "task_struct, pid",
  "task_struct, real_parent",
  "task_struct, tgid",
  "task_struct, comm",
  "task_struct, se.vruntime",
  "task_struct, thread_info.flags",
  "task_struct, children.prev",
  "task_struct, files",
  "files_struct, count.counter",
  "task_struct, signal",
  "signal_struct, rlim[3].rlim_cur",
  "sock_common, skc_daddr",
  "sock_common, skc_v6_daddr",
];

/** Reads a task with the help of the kernel, in any of its kernels. */
const reading = () =>
  uprobe("libc:getpriority", (c) => {
    const task = c.struct("task_struct", c.args[0]);
    const socket = c.struct("sock_common", c.args[1]);
    return {
      pid: task.pid,
      parent: task.real_parent.tgid,
      comm: task.comm as unknown as string,
      time: task.se.vruntime,
      flags: task.thread_info.flags,
      children: task.children.prev as unknown as number,
      files: task.files.count as unknown as number,
      limit: task.signal.rlim[3].rlim_cur,
      address: socket.skc_daddr,
      address6: socket.skc_v6_daddr as unknown as string,
    };
  });

/** Loads an object for the kernel of another BTF, and prints what is added to r0 and r3: where bpf_probe_read_kernel() reads. */
const LOADER = `
#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdio.h>
#include "other.h"
int main(int argc, char **argv) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = argv[2]);
  struct bpf_object *object = bpf_object__open_file(argv[1], &options);
  if (!object || bpf_object__load(object)) return 1;
  struct bpf_program *program = bpf_object__next_program(object, NULL);
  const struct bpf_insn *insns = bpf_program__insns(program);
  for (size_t i = 0; i < bpf_program__insn_cnt(program); i++)
    if (insns[i].code == (BPF_ALU64 | BPF_ADD | BPF_K) && (insns[i].dst_reg == BPF_REG_3 || insns[i].dst_reg == BPF_REG_0)) printf("%d ", insns[i].imm);
  printf("\\n");
  #define AT(type, field) printf("%zu ", offsetof(struct type, field))
  ${PLACES.map((place) => `AT(${place});`).join(" ")}
}
`;

test("libbpf and load() find fields where another kernel has them", {
  needs: ["bpf", "btf", "clang"],
}, async () => {
  using probe = reading();
  const bytes = await probe.toObject();
  withFolder((folder) => {
    const at = (name: string) => join(folder, name);
    writeFileSync(at("reading.bpf.o"), bytes);
    writeFileSync(at("other.h"), OTHER);
    writeFileSync(
      at("other.c"),
      `#include "other.h"\nstruct task_struct task; struct files_struct files; struct signal_struct signal; struct sock_common sock;\n`,
    );
    writeFileSync(at("main.c"), LOADER);
    run("clang", ["-target", "bpf", "-g", "-O1", "-c", at("other.c"), "-o", at("other.o")]);
    run("clang", ["-O1", at("main.c"), "-o", at("main"), "-lbpf"]);
    const printed = execFileSync(at("main"), [at("reading.bpf.o"), at("other.o")], { encoding: "utf8" });
    const [found, expected] = printed.trim().split("\n").map((line) => line.trim().split(" ").map(Number));
    assertEquals(found, expected);

    const { btf, programs: [program] } = parseElf(bytes);
    const { btf: other } = parseElf(new Uint8Array(readFileSync(at("other.o"))));
    if (!btf || !other || !program) throw new Error("there is nothing to relocate");
    const { instructions, poisoned } = relocate(program.instructions, btf, [other]);
    assertEquals(poisoned, []);
    assertEquals(placesIn(instructions), expected);
  });
});

/** What is added to r0 and r3. */
function placesIn(instructions: readonly Instruction[]): number[] {
  const ADD = 0x07; // BPF_ALU64 | BPF_ADD | BPF_K
  return instructions.filter(({ opcode, dst }) => opcode === ADD && (dst === 0 || dst === 3)).map(({ imm }) =>
    imm
  );
}

test("load() runs what reads structs that the verifier knows", { needs: ["bpf", "btf"] }, async () => {
  using parents = hash(u32, u32);
  using probe = rawTracepoint("sched_process_exec", { parents }, (c, { parents }) => {
    const { p } = c.args;
    parents.set(p.tgid, p.real_parent.tgid);
  });
  const bytes = await probe.toObject();
  probe.close();
  const [program] = parseElf(bytes).programs;
  const places = program?.instructions.filter(({ relocation }) => relocation).map(({ offset }) => offset) ??
    [];
  assertEquals([places.length, places.every((offset) => offset > 0)], [3, true]);
  await using object = await load(bytes);
  using _link = object.programs.get("sched_process_exec").attach();
  const { pid = 0 } = spawnSync("/bin/true");
  assertEquals(object.maps.get("parents", hashKind(u32, u32)).get(pid), process.pid);
});
