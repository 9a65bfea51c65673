// Counts packets and calls of sockets, at places of networks and cgroups.
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by port, or by what the program says

static __always_inline void count(__u32 key) {
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
}

// The order in which programs ran
struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 16);
  __type(value, __u32);
} order SEC(".maps");

// By the destination port of UDP packets whose IP header begins at an offset
static __always_inline void count_udp(struct __sk_buff *skb, __u32 at) {
  __u8 protocol;
  __be16 port;
  if (bpf_skb_load_bytes(skb, at + offsetof(struct iphdr, protocol), &protocol, 1) || protocol != IPPROTO_UDP) return;
  if (bpf_skb_load_bytes(skb, at + sizeof(struct iphdr) + offsetof(struct udphdr, dest), &port, 2)) return;
  count(bpf_ntohs(port));
}

SEC("cgroup_skb/ingress")
int on_ingress(struct __sk_buff *skb) {
  count_udp(skb, 0);
  return 1;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb) {
  count_udp(skb, 0);
  return 1;
}

// May be attached as either
SEC("cgroup/skb")
int on_either(struct __sk_buff *skb) {
  count_udp(skb, 0);
  return 1;
}

SEC("cgroup/sock_create")
int on_socket(struct bpf_sock *sk) {
  count(sk->type);
  return 1;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *address) {
  count(bpf_ntohs(address->user_port));
  return 1;
}

SEC("cgroup/connect_unix")
int on_connect_unix(struct bpf_sock_addr *address) {
  count(address->family);
  return 1;
}

SEC("cgroup/getsockopt")
int on_option(struct bpf_sockopt *option) {
  count(option->optname);
  return 1;
}

SEC("cgroup/sysctl")
int on_sysctl(struct bpf_sysctl *sysctl) {
  if (!sysctl->write && sysctl->file_pos == 0) count(0);
  return 1;
}

SEC("cgroup/dev")
int on_device(struct bpf_cgroup_dev_ctx *device) {
  count(device->major << 8 | device->minor);
  return 1;
}

SEC("sockops")
int on_connection(struct bpf_sock_ops *ops) {
  if (ops->op == BPF_SOCK_OPS_TCP_CONNECT_CB) count(bpf_ntohl(ops->remote_port));
  return 1;
}

SEC("sk_lookup")
int on_lookup(struct bpf_sk_lookup *lookup) {
  count(lookup->local_port);
  return SK_PASS;
}

SEC("flow_dissector")
int on_flow(struct __sk_buff *skb) {
  count_udp(skb, skb->flow_keys->nhoff);
  return BPF_FLOW_DISSECTOR_CONTINUE;
}

SEC("tc")
int on_frame(struct __sk_buff *skb) {
  if (skb->protocol == bpf_htons(ETH_P_IP)) count_udp(skb, ETH_HLEN);
  return -1; // TCX_NEXT
}

static __always_inline int in_order(struct __sk_buff *skb, __u32 number) {
  __u8 protocol;
  if (skb->protocol == bpf_htons(ETH_P_IP) &&
      !bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol, 1) && protocol == IPPROTO_UDP)
    bpf_map_push_elem(&order, &number, BPF_EXIST);
  return -1;
}

SEC("tc")
int first(struct __sk_buff *skb) {
  return in_order(skb, 1);
}

SEC("tc")
int second(struct __sk_buff *skb) {
  return in_order(skb, 2);
}

SEC("tc")
int third(struct __sk_buff *skb) {
  return in_order(skb, 3);
}

struct sk_buff {
  unsigned char *head;
  __u16 network_header;
} __attribute__((preserve_access_index));

struct bpf_nf_ctx {
  struct sk_buff *skb;
} __attribute__((preserve_access_index));

SEC("netfilter")
int on_filter(struct bpf_nf_ctx *ctx) {
  struct sk_buff *skb = ctx->skb;
  struct iphdr ip;
  struct udphdr udp;
  void *header = skb->head + skb->network_header;
  if (bpf_probe_read_kernel(&ip, sizeof(ip), header) || ip.version != 4 || ip.protocol != IPPROTO_UDP) return 1;
  if (!bpf_probe_read_kernel(&udp, sizeof(udp), header + sizeof(ip))) count(bpf_ntohs(udp.dest));
  return 1; // NF_ACCEPT
}

SEC("sk_msg")
int on_message(struct sk_msg_md *message) {
  count(message->local_port);
  return SK_PASS;
}

SEC("sk_skb/stream_verdict")
int on_stream(struct __sk_buff *skb) {
  count(skb->local_port);
  return SK_PASS;
}

SEC("sk_skb/verdict")
int on_data(struct __sk_buff *skb) {
  count(skb->local_port);
  return SK_PASS;
}

SEC("sk_skb/stream_parser")
int on_parse(struct __sk_buff *skb) {
  count(skb->local_port);
  return skb->len;
}

// At a socket of UDP, data begins with the UDP header
SEC("socket")
int on_datagram(struct __sk_buff *skb) {
  __be16 port;
  if (!bpf_skb_load_bytes(skb, offsetof(struct udphdr, dest), &port, 2)) count(bpf_ntohs(port));
  return skb->len;
}

// At a packet socket, with the link header
SEC("socket")
int only_udp(struct __sk_buff *skb) {
  __u8 protocol;
  if (skb->protocol != bpf_htons(ETH_P_IP)) return 0;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol, 1)) return 0;
  return protocol == IPPROTO_UDP ? skb->len : 0;
}

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} sockets SEC(".maps");

// Every connection and datagram goes to the first socket
SEC("sk_lookup")
int steer(struct bpf_sk_lookup *lookup) {
  struct bpf_sock *sk = bpf_map_lookup_elem(&sockets, &(__u32){0});
  if (!sk) return SK_PASS;
  bpf_sk_assign(lookup, sk, 0);
  bpf_sk_release(sk);
  count(lookup->local_port);
  return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
