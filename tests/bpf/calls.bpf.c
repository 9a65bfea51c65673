// Subprograms, static and global, and callbacks.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} numbers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} sums SEC(".maps");

struct sum {
  __u64 keys;
  __u64 values;
};

static long add_element(void *map, const __u32 *key, const __u64 *value, struct sum *sum) {
  sum->keys += *key;
  sum->values += *value;
  return 0;
}

static long add_index(__u32 index, __u64 *sum) {
  *sum += index;
  return 0;
}

__noinline int square(int x) { return x * x; }

static __noinline int cube(int x) { return x * square(x); }

// cube(first byte) + square(second byte)
SEC("xdp")
int arithmetic(struct xdp_md *ctx) {
  __u8 *data = (void *)(long)ctx->data;
  if (data + 2 > (__u8 *)(long)ctx->data_end) return 0;
  return cube(data[0]) + square(data[1]);
}

// The sum of 0 … 99, and of the keys and values of a map
SEC("xdp")
int loops(struct xdp_md *ctx) {
  __u64 indices = 0;
  struct sum sum = {};
  bpf_loop(100, add_index, &indices, 0);
  bpf_for_each_map_elem(&numbers, add_element, &sum, 0);
  bpf_map_update_elem(&sums, &(__u32){0}, &sum.keys, BPF_ANY);
  bpf_map_update_elem(&sums, &(__u32){1}, &sum.values, BPF_ANY);
  return indices;
}

char LICENSE[] SEC("license") = "GPL";
