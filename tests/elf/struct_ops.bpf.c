// targets: bpfel bpfeb
// Structs of functions. Those for links are compiled in the test: libbpf knows them since 1.2.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_congestion_ops___small {
  __u32 (*ssthresh)(struct sock *sk);
  __u32 (*undo_cwnd)(struct sock *sk);
  void (*init)(struct sock *sk);
  __u32 flags;
  char name[16];
};

SEC("struct_ops/ssthresh")
__u32 on_ssthresh(__u64 *ctx) { return 2; }

SEC("struct_ops/undo_cwnd")
__u32 on_undo_cwnd(__u64 *ctx) { return 3; }

SEC("?struct_ops")
void on_init(__u64 *ctx) {}

SEC(".struct_ops")
struct tcp_congestion_ops___small plain = {
    .ssthresh = (void *)on_ssthresh,
    .undo_cwnd = (void *)on_undo_cwnd,
    .flags = 0x01020304,
    .name = "plain",
};

SEC(".struct_ops")
struct tcp_congestion_ops___small second = {
    .undo_cwnd = (void *)on_undo_cwnd,
    .init = (void *)on_init,
    .name = "second",
};

char LICENSE[] SEC("license") = "GPL";
