// Producers of records, each run by hand.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct record {
  __u64 number;
  __u8 pattern[56];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct control {
    __u32 holding;
    __u32 release;
  });
} control SEC(".maps");

__u64 number;

// A record of 64 bytes, with the next number
SEC("xdp")
int emit(struct xdp_md *ctx) {
  struct record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
  if (!record) return 0;
  record->number = number++;
  __builtin_memset(record->pattern, record->number, sizeof(record->pattern));
  bpf_ringbuf_submit(record, 0);
  return 1;
}

// A record that is given up
SEC("xdp")
int discard(struct xdp_md *ctx) {
  struct record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
  if (!record) return 0;
  __builtin_memset(record, 0xff, sizeof(*record));
  bpf_ringbuf_discard(record, 0);
  return 1;
}

// A record with the bytes of the packet
SEC("xdp")
int copy(struct xdp_md *ctx) {
  static __u8 scratch[2048];
  __u32 size = (ctx->data_end - ctx->data) & 2047;
  if (size == 0 || bpf_xdp_load_bytes(ctx, 0, scratch, size)) return 0;
  return bpf_ringbuf_output(&events, scratch, size, 0) == 0;
}

static long wait_for_release(__u32 index, void *context) {
  volatile struct control *state = bpf_map_lookup_elem(&control, &(__u32){0});
  return !state || state->release != 0;
}

// A record that stays busy until it is released, or half a second or so has passed
SEC("xdp")
int hold(struct xdp_md *ctx) {
  volatile struct control *state = bpf_map_lookup_elem(&control, &(__u32){0});
  if (!state) return 0;
  struct record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
  if (!record) return 0;
  __builtin_memset(record, 0xee, sizeof(*record));
  state->holding = 1;
  for (int i = 0; i < 16 && !state->release; i++) bpf_loop(1 << 23, wait_for_release, 0, 0);
  bpf_ringbuf_submit(record, 0);
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
