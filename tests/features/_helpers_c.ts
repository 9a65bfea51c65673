/** Which helpers programs may call, by a program in C that knows the words of all kernels, for where bpftool does not. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import {
  HELPER_NAMES,
  type ProbedHelper,
  type ProbedProgramType,
  PROGRAM_TYPES,
} from "../../src/features/mod.ts";
import { withFolder } from "../_run.ts";

/** Prints numbers of types and helpers. The numbers of newer types are not in Debian's headers. */
const SOURCE = String.raw`
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char log_text[8192];

static int load(int type, int helper) {
  struct bpf_insn call[] = {
    { .code = BPF_JMP | BPF_CALL, .imm = helper },
    { .code = BPF_JMP | BPF_EXIT },
  };
  union bpf_attr attr;
  memset(&attr, 0, sizeof(attr));
  attr.prog_type = type;
  attr.insns = (__u64)call;
  attr.insn_cnt = 2;
  attr.license = (__u64) "GPL";
  attr.log_buf = (__u64)log_text;
  attr.log_size = sizeof(log_text);
  attr.log_level = 1;
  if (type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR) attr.expected_attach_type = BPF_CGROUP_INET4_CONNECT;
  if (type == BPF_PROG_TYPE_CGROUP_SOCKOPT) attr.expected_attach_type = BPF_CGROUP_GETSOCKOPT;
  if (type == BPF_PROG_TYPE_SK_LOOKUP) attr.expected_attach_type = BPF_SK_LOOKUP;
  if (type == BPF_PROG_TYPE_LIRC_MODE2) attr.expected_attach_type = BPF_LIRC_MODE2;
  if (type == 32) attr.expected_attach_type = 45; /* BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER */
  if (type == BPF_PROG_TYPE_SYSCALL) attr.prog_flags = BPF_F_SLEEPABLE;
  log_text[0] = 0;
  return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int main(int argc, char **argv) {
  for (int type = 1; type <= TYPES; type++) {
    if (type >= BPF_PROG_TYPE_TRACING && type <= BPF_PROG_TYPE_LSM) continue;
    for (int helper = 1; helper <= HELPERS; helper++) {
      int fd = load(type, helper);
      if (fd >= 0) close(fd);
      else if (!log_text[0]) continue; /* no such type */
      else if (strstr(log_text, "invalid func ") || strstr(log_text, "unknown func ") ||
               strstr(log_text, "program of this type cannot use helper ")) continue;
      printf("%d %d\n", type, helper);
    }
  }
  return 0;
}
`;

let callable: ReadonlyMap<number, readonly number[]> | undefined;

/** The helpers that the kernel takes in programs of a type, in the kernel's order. */
export function callableHelpers(type: ProbedProgramType): ProbedHelper[] {
  callable ??= callableNumbers();
  const numbers = callable.get(PROGRAM_TYPES.indexOf(type) + 1) ?? [];
  return numbers.flatMap((number) => HELPER_NAMES[number - 1] ?? []);
}

function callableNumbers(): Map<number, number[]> {
  const output = withFolder((folder) => {
    const program = join(folder, "helpers");
    const numbers = [`-DTYPES=${PROGRAM_TYPES.length}`, `-DHELPERS=${HELPER_NAMES.length}`];
    execFileSync("cc", ["-x", "c", "-w", ...numbers, "-o", program, "-"], { input: SOURCE });
    return execFileSync(program, { encoding: "utf8", maxBuffer: 1 << 24 });
  });
  const byType = new Map<number, number[]>();
  for (const row of output.trim().split("\n")) {
    const [type = 0, helper = 0] = row.split(" ").map(Number);
    byType.set(type, [...byType.get(type) ?? [], helper]);
  }
  return byType;
}
