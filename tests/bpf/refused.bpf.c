// Programs that no verifier accepts, for what is said about them.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

SEC("?xdp")
int out_of_bounds(struct xdp_md *ctx) {
  __u8 *data = (void *)(long)ctx->data;
  return data[100];
}

SEC("xdp")
int null_dereference(struct xdp_md *ctx) {
  __u64 *count = bpf_map_lookup_elem(&counts, &(__u32){0});
  *count += 1;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
