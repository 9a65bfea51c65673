// Packets and bytes of each attachment to a cgroup.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
  __type(key, struct bpf_cgroup_storage_key);
  __type(value, __u64);
} packets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
  __type(key, struct bpf_cgroup_storage_key);
  __type(value, __u32);
} bytes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
  __type(key, __u64);
  __type(value, __u64);
} shared SEC(".maps"); // of all attachments to a cgroup

static __always_inline void count(struct __sk_buff *skb) {
  __sync_fetch_and_add((__u64 *)bpf_get_local_storage(&packets, 0), 1);
  *(__u32 *)bpf_get_local_storage(&bytes, 0) += skb->len;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb) {
  count(skb);
  return 1;
}

SEC("cgroup_skb/ingress")
int on_ingress(struct __sk_buff *skb) {
  count(skb);
  return 1;
}

SEC("cgroup_skb/egress")
int share_egress(struct __sk_buff *skb) {
  __sync_fetch_and_add((__u64 *)bpf_get_local_storage(&shared, 0), 1);
  return 1;
}

SEC("cgroup_skb/ingress")
int share_ingress(struct __sk_buff *skb) {
  __sync_fetch_and_add((__u64 *)bpf_get_local_storage(&shared, 0), 1);
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
