// A loop that the verifier walks turn by turn, and so has much to say about.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int turns(struct xdp_md *ctx) {
  __u32 sum = ctx->rx_queue_index;
#pragma clang loop unroll(disable)
  for (__u32 i = 0; i < 4000; i++) {
    sum = sum * 31 + i;
    asm volatile("" : "+r"(sum));
  }
  return sum & 1 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
