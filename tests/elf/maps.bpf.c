// targets: bpfel bpfeb
// Every attribute that a map definition can have, and types that only events have.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct key {
  __u32 pid;
  char comm[16];
};

struct event {
  __u64 at;
  struct key who;
};

typedef struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, struct key);
  __type(value, __u64);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(pinning, LIBBPF_PIN_BY_NAME);
} pinned_t;

pinned_t pinned SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 12);
  __uint(max_entries, 3);
  __uint(numa_node, 0);
} sized SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 16);
  __type(value, struct event);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __type(key, int);
  __type(value, struct event);
} perf SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __type(value, __u32);
  __uint(max_entries, 100);
  __uint(map_extra, 5);
} bloom SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(key_size, sizeof(__u32));
  __uint(max_entries, 2);
  __array(values, int(void *));
} tails SEC(".maps");

SEC("?raw_tp/sys_enter")
int touch(void *ctx) {
  struct key key = {};
  __u32 zero = 0;
  bpf_map_delete_elem(&pinned, &key);
  bpf_map_lookup_elem(&sized, &zero);
  bpf_map_peek_elem(&bloom, &zero);
  bpf_tail_call(ctx, &tails, 0);
  struct event event = {};
  bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event));
  struct event *slot = bpf_ringbuf_reserve(&ring, sizeof(*slot), 0);
  if (slot) {
    slot->at = 1;
    bpf_ringbuf_submit(slot, 0);
  }
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
__u32 _version SEC("version") = 0x060102;
