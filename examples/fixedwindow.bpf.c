// A congestion control of TCP that keeps the window as large as it is told, whatever gets lost.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_sock {
  __u32 snd_cwnd;
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
  __u32 (*ssthresh)(struct sock *sk);
  void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock *sk);
  void (*init)(struct sock *sk);
  __u32 flags;
  char name[16];
};

#define TCP_CONG_NON_RESTRICTED 1 // for everybody, and every network namespace

const volatile __u32 window = 10; // in segments
__u32 connections = 0;

SEC("struct_ops")
void start(__u64 *ctx) {
  struct tcp_sock *tp = (void *)ctx[0];
  tp->snd_cwnd = window;
  __sync_fetch_and_add(&connections, 1);
}

SEC("struct_ops")
__u32 ssthresh(__u64 *ctx) { return window; }

SEC("struct_ops")
void cong_avoid(__u64 *ctx) {
  struct tcp_sock *tp = (void *)ctx[0];
  tp->snd_cwnd = window;
}

SEC("struct_ops")
__u32 undo_cwnd(__u64 *ctx) { return window; }

SEC(".struct_ops.link")
struct tcp_congestion_ops fixed_window = {
    .init = (void *)start,
    .ssthresh = (void *)ssthresh,
    .cong_avoid = (void *)cong_avoid,
    .undo_cwnd = (void *)undo_cwnd,
    .flags = TCP_CONG_NON_RESTRICTED,
    .name = "fixedwindow",
};

char LICENSE[] SEC("license") = "GPL";
