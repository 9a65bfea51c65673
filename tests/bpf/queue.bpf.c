// Values into and out of a queue, or a stack or Bloom filter in its place.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 4);
  __type(value, __u64);
} values SEC(".maps");

__u64 value;

SEC("xdp")
int push(struct xdp_md *ctx) { return bpf_map_push_elem(&values, &value, BPF_ANY); }

SEC("xdp")
int replace(struct xdp_md *ctx) { return bpf_map_push_elem(&values, &value, BPF_EXIST); }

SEC("xdp")
int pop(struct xdp_md *ctx) { return bpf_map_pop_elem(&values, &value); }

SEC("xdp")
int peek(struct xdp_md *ctx) { return bpf_map_peek_elem(&values, &value); }

char LICENSE[] SEC("license") = "GPL";
