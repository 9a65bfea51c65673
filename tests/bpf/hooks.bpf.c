// Counts what runs at hooks of security modules for cgroups, and at functions of other programs. Each program is loaded
// on its own.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by process, or by type of socket

static __always_inline void count(__u32 key) {
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
}

// security_socket_create(family, type, protocol, kern)
SEC("?lsm_cgroup/socket_create") int on_create(__u64 *args) {
  count(args[1]);
  return 1; // it may
}

// Both for the function of tracing.bpf.c
SEC("?freplace/weight") int counted_weight(int process) {
  count(bpf_get_current_pid_tgid() >> 32);
  return process ? 10 : 20;
}

SEC("?fentry/weight") int on_weight(void *ctx) {
  count(bpf_get_current_pid_tgid() >> 32);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
