// Programs that find sockets in maps, put them there and redirect to them.
#include <linux/bpf.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} array SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SOCKHASH);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, __u64);
} by_port SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} group SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u32);
} narrow SEC(".maps"); // values of 4 bytes, as older sources have them

// The port of the socket that the first byte of the packet selects; 0 where there is none
SEC("tc")
int port_of(struct __sk_buff *skb) {
  __u8 index;
  if (bpf_skb_load_bytes(skb, 0, &index, sizeof(index))) return 0;
  struct bpf_sock *sk = bpf_map_lookup_elem(&array, &(__u32){index});
  if (!sk) sk = bpf_map_lookup_elem(&narrow, &(__u32){index});
  if (!sk) return 0;
  int port = sk->src_port;
  bpf_sk_release(sk);
  return port;
}

// Both ends of each new connection, by their ports
SEC("sockops")
int add(struct bpf_sock_ops *ops) {
  if (ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && ops->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) return 1;
  bpf_sock_hash_update(ops, &by_port, &(__u32){ops->local_port}, BPF_NOEXIST);
  return 1;
}

// What is sent arrives at the socket with the key 1 instead
SEC("sk_msg")
int redirect(struct sk_msg_md *msg) {
  return bpf_msg_redirect_hash(msg, &by_port, &(__u32){1}, BPF_F_INGRESS);
}

// The first byte of a datagram selects who gets it
SEC("sk_reuseport")
int select_socket(struct sk_reuseport_md *ctx) {
  __u8 index;
  if (bpf_skb_load_bytes(ctx, sizeof(struct udphdr), &index, sizeof(index))) return SK_DROP;
  return bpf_sk_select_reuseport(ctx, &group, &(__u32){index}, 0) ? SK_DROP : SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
