// Counts events.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by thread, process or UDP port

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} cookie SEC(".maps");

static __always_inline void count(__u32 key) {
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
}

struct syscall_enter {
  __u64 common;
  __u64 number;
  __u64 arguments[4];
};

// By this flag the calls of tests are told from those that runtimes make in between
#define O_NOATIME 01000000

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(struct syscall_enter *ctx) {
  if (!(ctx->arguments[2] & O_NOATIME)) return 0;
  __u64 value = bpf_get_attach_cookie(ctx);
  if (value) bpf_map_update_elem(&cookie, &(__u32){0}, &value, BPF_ANY);
  count(bpf_get_current_pid_tgid());
  return 0;
}

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx) {
  count(bpf_get_current_pid_tgid() >> 32);
  return 0;
}

SEC("xdp")
int on_packet(struct xdp_md *ctx) {
  struct ethhdr *eth = (void *)(long)ctx->data;
  struct iphdr *ip = (void *)(eth + 1);
  struct udphdr *udp = (void *)(ip + 1);
  if ((void *)(udp + 1) > (void *)(long)ctx->data_end) return XDP_PASS;
  if (eth->h_proto == bpf_htons(ETH_P_IP) && ip->ihl == 5 && ip->protocol == 17) count(bpf_ntohs(udp->dest));
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
