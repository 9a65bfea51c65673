// Producers of numbered records of a chosen size, which count what they send and what finds no room.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 18);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} samples SEC(".maps");

struct numbered {
  __u64 number; // on this CPU
  __u32 cpu;
  __u32 size;
};

struct state {
  __u64 next;    // number
  __u64 dropped; // how many found no room
  struct numbered record;
  __u8 pattern[512]; // the last of a record is the low byte of its number
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct state);
} states SEC(".maps");

volatile __u32 size = 16;
__u64 lost; // over all CPUs

static struct state *next(__u32 bytes) {
  struct state *state = bpf_map_lookup_elem(&states, &(__u32){0});
  if (!state) return 0;
  state->record.number = state->next++;
  state->record.cpu = bpf_get_smp_processor_id();
  state->record.size = bytes;
  __u32 last = (bytes - 17) & 511;
  barrier_var(last);
  if (bytes > 16) state->pattern[last] = state->record.number;
  return state;
}

static int sent(struct state *state, long result) {
  if (!result) return 1;
  state->dropped++;
  __sync_fetch_and_add(&lost, 1);
  return 0;
}

#define CLAMPED(bytes) (bytes < 16 || bytes > 512 ? 16 : bytes)

SEC("xdp")
int to_ring(struct xdp_md *ctx) {
  __u32 bytes = size;
  bytes = CLAMPED(bytes);
  struct state *state = next(bytes);
  return state ? sent(state, bpf_ringbuf_output(&events, &state->record, bytes, 0)) : 0;
}

// Without telling whoever waits
SEC("xdp")
int to_ring_quietly(struct xdp_md *ctx) {
  struct state *state = next(16);
  return state ? sent(state, bpf_ringbuf_output(&events, &state->record, 16, BPF_RB_NO_WAKEUP)) : 0;
}

SEC("xdp")
int to_perf(struct xdp_md *ctx) {
  __u32 bytes = size;
  bytes = CLAMPED(bytes);
  struct state *state = next(bytes);
  return state ? sent(state, bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &state->record, bytes)) : 0;
}

// On the CPU that the caller chooses
SEC("raw_tp")
int to_perf_here(struct bpf_raw_tracepoint_args *ctx) {
  __u32 bytes = size;
  bytes = CLAMPED(bytes);
  struct state *state = next(bytes);
  return state ? sent(state, bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &state->record, bytes)) : 0;
}

char LICENSE[] SEC("license") = "GPL";
