// A map that no kernel has memory for, after one that it has.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} possible SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1 << 29);
  __type(key, __u32);
  __type(value, char[4096]);
} impossible SEC(".maps");

SEC("xdp")
int lookup(struct xdp_md *ctx) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&possible, &key) || bpf_map_lookup_elem(&impossible, &key);
}

char LICENSE[] SEC("license") = "GPL";
