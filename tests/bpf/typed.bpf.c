// Maps whose keys and values have types, and a program that uses them.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct flow {
  __u32 port;
  __u32 protocol;
};

struct traffic {
  __u64 packets;
  char comm[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, struct flow);
  __type(value, struct traffic);
} typed SEC(".maps");

struct pair {
  struct bpf_spin_lock lock;
  __u32 generation;
  __u64 low;
  __u64 high;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct pair);
} locked SEC(".maps");

struct event {
  __u64 time;
  __u32 pid;
  char comm[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
  __type(value, struct event);
} events SEC(".maps");

// Counts a packet of port 443 and TCP
SEC("xdp")
int count(struct xdp_md *ctx) {
  struct flow flow = {443, 6};
  struct traffic *traffic = bpf_map_lookup_elem(&typed, &flow);
  if (traffic) {
    __sync_fetch_and_add(&traffic->packets, 1);
    return 1;
  }
  struct traffic first = {1, "bpf"};
  bpf_map_update_elem(&typed, &flow, &first, BPF_NOEXIST);
  return 0;
}

// Adds one to both halves of the pair under the key 1, which are always the same
SEC("xdp")
int both(struct xdp_md *ctx) {
  __u32 key = 1;
  struct pair *pair = bpf_map_lookup_elem(&locked, &key);
  if (!pair) return 0;
  bpf_spin_lock(&pair->lock);
  pair->generation++;
  pair->low++;
  pair->high++;
  bpf_spin_unlock(&pair->lock);
  return 1;
}

char _license[] SEC("license") = "GPL";
