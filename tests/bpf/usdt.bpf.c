// Keeps what probes of programs (USDT) say. Each program is loaded on its own.
#define __TARGET_ARCH_x86 // for kernels before 5.15 alone, where usdt.bpf.h reads the instruction pointer
#define BPF_USDT_MAX_SPEC_CNT 8 // to be full soon
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/usdt.bpf.h>

#define MAX_ARGUMENTS 12

struct seen {
  __u64 hits;
  __s64 cookie;
  __s32 count; // of arguments
  __s32 padding;
  __s64 arguments[MAX_ARGUMENTS];
  __s32 errors[MAX_ARGUMENTS + 1]; // of reading each, and one more than there may be
  __s32 more_padding;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct seen);
} seen SEC(".maps"); // by process

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} sums SEC(".maps"); // of the first argument, by process

static __always_inline int keep(struct pt_regs *ctx) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  struct seen *last = bpf_map_lookup_elem(&seen, &process);
  struct seen now = {.hits = last ? last->hits + 1 : 1};
  now.cookie = bpf_usdt_cookie(ctx);
  now.count = bpf_usdt_arg_cnt(ctx);
  for (int i = 0; i < MAX_ARGUMENTS; i++) {
    long value;
    now.errors[i] = bpf_usdt_arg(ctx, i, &value);
    now.arguments[i] = value;
  }
  long none;
  now.errors[MAX_ARGUMENTS] = bpf_usdt_arg(ctx, MAX_ARGUMENTS, &none);
  bpf_map_update_elem(&seen, &process, &now, BPF_ANY);
  return 0;
}

SEC("?usdt") int on_probe(struct pt_regs *ctx) { return keep(ctx); }
SEC("?uprobe") int on_each(struct pt_regs *ctx) { return keep(ctx); }

static __always_inline int add(long value) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  __u64 *sum = bpf_map_lookup_elem(&sums, &process);
  if (sum) *sum += value;
  else bpf_map_update_elem(&sums, &process, &(__u64){value}, BPF_ANY);
  return 0;
}

SEC("?usdt") int BPF_USDT(on_value, int value) { return add(value); }

char LICENSE[] SEC("license") = "GPL";
