// Counts what typed tracepoints, functions and hooks of the kernel run for. Each program is loaded on its own.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by process or thread

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u64);
  __type(value, __u64);
} cookies SEC(".maps");

static __always_inline int count(void *ctx, __u32 key) {
  __u64 cookie = bpf_get_attach_cookie(ctx);
  bpf_map_update_elem(&cookies, &cookie, &cookie, BPF_ANY);
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
  return 0;
}

// Where programs get no cookie
static __always_inline int count_only(__u32 key) {
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
  return 0;
}

SEC("?tp_btf/sched_process_exec") int on_exec(void *ctx) { return count_only(bpf_get_current_pid_tgid() >> 32); }
SEC("?tp_btf/sched_process_exec") int on_exec_cookie(void *ctx) { return count(ctx, bpf_get_current_pid_tgid() >> 32); }
SEC("?fentry/do_sys_openat2") int on_open(void *ctx) { return count(ctx, bpf_get_current_pid_tgid()); }
SEC("?fexit/do_sys_openat2") int after_open(void *ctx) { return count(ctx, bpf_get_current_pid_tgid()); }
SEC("?fmod_ret/security_file_open") int may_open(void *ctx) { return count(ctx, bpf_get_current_pid_tgid()); }
SEC("?lsm/file_open") int on_file_open(void *ctx) { return count(ctx, bpf_get_current_pid_tgid()); }

// What a program of freplace replaces, and one that calls it: an execution counts its weight.
__attribute__((noinline)) int weight(int process) {
  asm volatile("" : "+r"(process));
  return process ? 1 : 2;
}

SEC("?tp/sched/sched_process_exec") int on_exec_weighted(void *ctx) {
  __u32 key = bpf_get_current_pid_tgid() >> 32;
  __u64 value = weight(key);
  bpf_map_update_elem(&hits, &key, &value, BPF_ANY);
  return 0;
}

SEC("?freplace/weight") int heavier(int process) {
  return process ? 10 : 20;
}

char LICENSE[] SEC("license") = "GPL";
