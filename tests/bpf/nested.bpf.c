// Maps that hold maps and programs from the start, and sizes that depend on the machine.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct inner {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 3);
  __type(key, __u32);
  __array(values, struct inner);
} outer SEC(".maps") = {.values = {[0] = &first, [2] = &second}};

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 3);
  __type(key, __u32);
  __array(values, struct inner);
} table SEC(".maps");

int tail_seven(struct xdp_md *ctx);
int tail_nine(struct xdp_md *ctx);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __array(values, int(struct xdp_md *));
} tails SEC(".maps") = {.values = {[1] = (void *)&tail_seven, [3] = (void *)&tail_nine}};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 5000);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} perf SEC(".maps");

const volatile __u32 limit = 5;

SEC("xdp")
int tail_seven(struct xdp_md *ctx) { return 7; }

SEC("xdp")
int tail_nine(struct xdp_md *ctx) { return 9; }

static __always_inline __u32 argument(struct xdp_md *ctx) {
  __u8 *data = (void *)(long)ctx->data;
  return data + 1 > (__u8 *)(long)ctx->data_end ? 0 : *data;
}

// What the program that the first byte of the packet selects returns, 1 where there is none
SEC("xdp")
int call(struct xdp_md *ctx) {
  bpf_tail_call(ctx, &tails, argument(ctx));
  return 1;
}

// The first element of the map that the first byte of the packet selects, 100 where there is none
SEC("xdp")
int lookup(struct xdp_md *ctx) {
  __u32 index = argument(ctx);
  void *map = bpf_map_lookup_elem(&outer, &index);
  __u64 *value = map ? bpf_map_lookup_elem(map, &(__u32){0}) : 0;
  return value ? *value : 100;
}

SEC("xdp")
int others(struct xdp_md *ctx) {
  __u32 index = 0;
  bpf_ringbuf_output(&ring, &index, sizeof(index), 0);
  bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &index, sizeof(index));
  return limit + !bpf_map_lookup_elem(&table, &index);
}

char LICENSE[] SEC("license") = "GPL";
