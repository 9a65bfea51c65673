// Writes one record of 64 bytes a run; `wake` tells whoever waits for it, and when it did.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 16 << 20);
} events SEC(".maps");

__u64 count;

SEC("xdp")
int fill(struct xdp_md *ctx) {
  __u64 record[8] = {__sync_fetch_and_add(&count, 1), 0, 1ULL << 40};
  return bpf_ringbuf_output(&events, record, sizeof(record), BPF_RB_NO_WAKEUP) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int wake(struct xdp_md *ctx) {
  __u64 record[8] = {bpf_ktime_get_ns()};
  return bpf_ringbuf_output(&events, record, sizeof(record), 0) ? XDP_ABORTED : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
