// Programs that see nothing, for the reasons that scripts have.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} seen SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u64);
} recent SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 2);
  __uint(key_size, 4);
  __uint(value_size, 4);
} next SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 3);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

const volatile __u32 only_number;
const volatile __u32 unused = 7;
__u64 dropped;

// Sends its first argument, as 64 bytes, unless another is asked for
SEC("raw_tp")
int on_number(struct bpf_raw_tracepoint_args *ctx) {
  __u64 record[8] = {ctx->args[0]};
  if (only_number && record[0] != only_number) return 0;
  if (bpf_ringbuf_output(&events, record, sizeof(record), 0)) __sync_fetch_and_add(&dropped, 1);
  return 0;
}

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx) {
  bpf_ringbuf_output(&events, &(__u64){bpf_get_current_pid_tgid()}, 8, 0);
  return 0;
}

// A tracepoint that machines in order do not come by
SEC("raw_tp/mark_victim")
int on_disaster(void *ctx) {
  bpf_map_update_elem(&seen, &(__u32){0}, &(__u64){1}, BPF_ANY);
  bpf_map_update_elem(&recent, &(__u32){0}, &(__u64){1}, BPF_ANY);
  bpf_map_update_elem(&counts, &(__u32){0}, &(__u64){1}, BPF_ANY);
  bpf_tail_call(ctx, &next, 0);
  return 0;
}

SEC("tracepoint/syscalls/sys_enter_fork")
int on_fork(void *ctx) {
  bpf_printk("fork");
  return 0;
}

SEC("xdp")
int on_packet(struct xdp_md *ctx) { return XDP_PASS; }

SEC("tcx/ingress")
int on_frame(struct __sk_buff *skb) { return -1; }

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *address) { return 1; }

SEC("uprobe")
int on_call(void *ctx) { return 0; }

SEC("syscall")
int on_demand(void *ctx) { return 0; }

SEC("?xdp")
int asked(struct xdp_md *ctx) { return XDP_PASS; }

SEC("xdp")
int refused(struct xdp_md *ctx) { return *(__u8 *)(long)ctx->data; }

char LICENSE[] SEC("license") = "GPL";
