// UDP packets to the ports from 40000 on go to what a map has under the rest of the number; others pass.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct bpf_devmap_val);
} devices SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct bpf_devmap_val);
} devices_by_key SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, __u32);
} indices SEC(".maps"); // values of 4 bytes, as older sources have them

struct {
  __uint(type, BPF_MAP_TYPE_CPUMAP);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, __u32);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by device or CPU

static __always_inline int redirect(struct xdp_md *ctx, void *map) {
  struct ethhdr *eth = (void *)(long)ctx->data;
  struct iphdr *ip = (void *)(eth + 1);
  struct udphdr *udp = (void *)(ip + 1);
  if ((void *)(udp + 1) > (void *)(long)ctx->data_end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != 17) return XDP_PASS;
  __u32 port = bpf_ntohs(udp->dest);
  return port < 40000 ? XDP_PASS : bpf_redirect_map(map, port - 40000, XDP_DROP);
}

static __always_inline int drop(__u32 key) {
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
  return XDP_DROP;
}

SEC("xdp")
int to_device(struct xdp_md *ctx) { return redirect(ctx, &devices); }

SEC("xdp")
int to_device_by_key(struct xdp_md *ctx) { return redirect(ctx, &devices_by_key); }

SEC("xdp")
int to_index(struct xdp_md *ctx) { return redirect(ctx, &indices); }

SEC("xdp")
int to_cpu(struct xdp_md *ctx) { return redirect(ctx, &cpus); }

SEC("xdp")
int to_socket(struct xdp_md *ctx) { return redirect(ctx, &sockets); }

SEC("xdp/devmap")
int on_device(struct xdp_md *ctx) { return drop(ctx->egress_ifindex); }

SEC("xdp/cpumap")
int on_cpu(struct xdp_md *ctx) { return drop(bpf_get_smp_processor_id()); }

char LICENSE[] SEC("license") = "GPL";
