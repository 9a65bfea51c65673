// Records where a process makes a system call.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define DEPTH 100

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 64);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, DEPTH * sizeof(__u64));
} addresses SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(map_flags, BPF_F_STACK_BUILD_ID);
  __uint(max_entries, 64);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, DEPTH * sizeof(struct bpf_stack_build_id));
} places SEC(".maps");

const volatile __u32 number; // of the system call

// Numbers of the stacks of the process of that name; negative where they were not recorded
int by_address = -1;
int by_place = -1;

SEC("raw_tracepoint/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx) {
  char name[16];
  if (ctx->args[1] != number) return 0;
  if (bpf_get_current_comm(name, sizeof(name)) || bpf_strncmp(name, sizeof(name), "waggle_stacks")) return 0;
  by_address = bpf_get_stackid(ctx, &addresses, BPF_F_USER_STACK);
  by_place = bpf_get_stackid(ctx, &places, BPF_F_USER_STACK);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
