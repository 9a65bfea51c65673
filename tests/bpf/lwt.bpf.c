// Counts, drops and wraps the packets of routes.
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by port, or by what the program says

static __always_inline void count(__u32 key) {
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
}

// Packets begin with their IP header, and those of the tests have no options
static __always_inline void count_udp(struct __sk_buff *skb, __u32 base) {
  __u8 protocol;
  __be16 port;
  if (bpf_skb_load_bytes(skb, offsetof(struct iphdr, protocol), &protocol, 1) || protocol != IPPROTO_UDP) return;
  if (bpf_skb_load_bytes(skb, sizeof(struct iphdr) + offsetof(struct udphdr, dest), &port, 2)) return;
  count(base + bpf_ntohs(port));
}

SEC("lwt_in")
int on_in(struct __sk_buff *skb) {
  count_udp(skb, 100000);
  return BPF_OK;
}

SEC("lwt_out")
int on_out(struct __sk_buff *skb) {
  count_udp(skb, 200000);
  return BPF_OK;
}

SEC("lwt_xmit")
int on_xmit(struct __sk_buff *skb) {
  count_udp(skb, 300000);
  return BPF_OK;
}

SEC("lwt_xmit")
int deny(struct __sk_buff *skb) {
  count_udp(skb, 400000);
  return BPF_DROP;
}

// A tunnel to the destination itself
SEC("lwt_xmit")
int wrap(struct __sk_buff *skb) {
  struct iphdr outer = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_IPIP};
  struct iphdr inner;
  if (bpf_skb_load_bytes(skb, 0, &inner, sizeof(inner)) || inner.version != 4) return BPF_DROP;
  outer.saddr = inner.saddr;
  outer.daddr = inner.daddr;
  outer.tot_len = bpf_htons(skb->len + sizeof(outer));
  return bpf_lwt_push_encap(skb, BPF_LWT_ENCAP_IP, &outer, sizeof(outer)) ? BPF_DROP : BPF_OK;
}

// By the next header: segment routing is 43
SEC("lwt_seg6local")
int on_segment(struct __sk_buff *skb) {
  __u8 next;
  if (!bpf_skb_load_bytes(skb, offsetof(struct ipv6hdr, nexthdr), &next, 1)) count(next);
  return BPF_OK;
}

// What leaves the device, by the protocol of IPv4
SEC("tc")
int on_wire(struct __sk_buff *skb) {
  __u8 protocol;
  if (skb->protocol == bpf_htons(ETH_P_IP) &&
      !bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol, 1))
    count(protocol);
  return -1;
}

char LICENSE[] SEC("license") = "GPL";
