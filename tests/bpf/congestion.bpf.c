// Congestion control that does nothing clever, registered in both ways, and structs that no kernel takes.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_congestion_ops {
  __u32 (*ssthresh)(struct sock *sk);
  void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock *sk);
  char name[16];
};

struct tcp_congestion_ops___more {
  __u32 (*ssthresh)(struct sock *sk);
  void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock *sk);
  void (*no_such_function)(struct sock *sk);
  char name[16];
  __u64 no_such_member;
};

struct tcp_congestion_ops___other {
  char name[20];
};

struct no_such_ops {
  void (*init)(struct sock *sk);
};

SEC("struct_ops")
__u32 waggle_ssthresh(__u64 *ctx) { return 2; }

SEC("struct_ops")
void waggle_cong_avoid(__u64 *ctx) {}

SEC("struct_ops")
__u32 waggle_undo_cwnd(__u64 *ctx) { return 3; }

SEC("struct_ops")
void waggle_unknown(__u64 *ctx) {}

SEC(".struct_ops")
struct tcp_congestion_ops plain = {
    .ssthresh = (void *)waggle_ssthresh,
    .cong_avoid = (void *)waggle_cong_avoid,
    .undo_cwnd = (void *)waggle_undo_cwnd,
    .name = "waggle_plain",
};

// What the kernel lacks is zero, or a program
SEC(".struct_ops.link")
struct tcp_congestion_ops___more linked = {
    .ssthresh = (void *)waggle_ssthresh,
    .cong_avoid = (void *)waggle_cong_avoid,
    .undo_cwnd = (void *)waggle_undo_cwnd,
    .no_such_function = (void *)waggle_unknown,
    .name = "waggle_linked",
};

// Takes the place of the one before: it has its name
SEC("?.struct_ops.link")
struct tcp_congestion_ops successor = {
    .ssthresh = (void *)waggle_ssthresh,
    .cong_avoid = (void *)waggle_cong_avoid,
    .undo_cwnd = (void *)waggle_undo_cwnd,
    .name = "waggle_linked",
};

SEC("?.struct_ops.link")
struct tcp_congestion_ops renamed = {
    .ssthresh = (void *)waggle_ssthresh,
    .cong_avoid = (void *)waggle_cong_avoid,
    .undo_cwnd = (void *)waggle_undo_cwnd,
    .name = "waggle_renamed",
};

SEC("?.struct_ops.link")
struct tcp_congestion_ops___more strange = {.name = "waggle_strange", .no_such_member = 1};

SEC("?.struct_ops")
struct tcp_congestion_ops___other larger = {.name = "waggle_larger"};

SEC("?.struct_ops")
struct no_such_ops none = {};

char LICENSE[] SEC("license") = "GPL";
