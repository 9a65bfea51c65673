// Maps that are shared by name, and a program that no verifier accepts.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __uint(pinning, LIBBPF_PIN_BY_NAME);
  __type(key, __u32);
  __type(value, __u64);
} shared SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} own SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx) {
  __u64 *value = bpf_map_lookup_elem(&shared, &(__u32){1});
  bpf_map_update_elem(&shared, &(__u32){1}, &(__u64){value ? *value + 1 : 1}, BPF_ANY);
  return bpf_map_lookup_elem(&own, &(__u32){0}) != 0;
}

SEC("?xdp")
int refused(struct xdp_md *ctx) { return *(__u8 *)(long)ctx->data; }

char LICENSE[] SEC("license") = "GPL";
