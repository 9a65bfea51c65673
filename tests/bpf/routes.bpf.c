// Looks the sender of a packet up among prefixes.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct route4 {
  __u32 prefixlen;
  __u8 address[4];
};

struct route6 {
  __u32 prefixlen;
  __u8 address[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1000);
  __type(key, struct route4);
  __type(value, __u32);
} routes4 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1000);
  __type(key, struct route6);
  __type(value, __u32);
} routes6 SEC(".maps");

// The value of the longest prefix, 0 where there is none
SEC("xdp")
int lookup(struct xdp_md *ctx) {
  struct ethhdr *ethernet = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end;
  __u32 *route = 0;
  if ((void *)(ethernet + 1) > end) return 0;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr *ip = (void *)(ethernet + 1);
    if ((void *)(ip + 1) > end) return 0;
    struct route4 key = {.prefixlen = 32};
    __builtin_memcpy(key.address, &ip->saddr, sizeof(key.address));
    route = bpf_map_lookup_elem(&routes4, &key);
  } else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr *ip = (void *)(ethernet + 1);
    if ((void *)(ip + 1) > end) return 0;
    struct route6 key = {.prefixlen = 128};
    __builtin_memcpy(key.address, &ip->saddr, sizeof(key.address));
    route = bpf_map_lookup_elem(&routes6, &key);
  }
  return route ? *route : 0;
}

char LICENSE[] SEC("license") = "GPL";
