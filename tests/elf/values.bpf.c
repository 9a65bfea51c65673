// targets: bpfel bpfeb
// Maps of maps and an array of programs, with and without values.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct inner {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
};

struct inner first SEC(".maps");
struct inner second SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 8);
  __type(key, __u32);
  __array(values, struct inner);
} by_key SEC(".maps") = {.values = {[5] = &second, [1] = &first}};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __array(
      values, struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 4096);
      });
} rings SEC(".maps");

int target(void *ctx);
int other(void *ctx);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 3);
  __uint(key_size, 4);
  __array(values, int(void *));
} tails SEC(".maps") = {.values = {[2] = (void *)&target, [0] = (void *)&other}};

SEC("socket")
int target(void *ctx) { return 7; }

SEC("socket")
int other(void *ctx) { return 8; }

SEC("socket")
int jump(void *ctx) {
  __u32 key = 5;
  bpf_map_lookup_elem(&by_key, &key);
  bpf_map_lookup_elem(&rings, &key);
  bpf_tail_call(ctx, &tails, 2);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
