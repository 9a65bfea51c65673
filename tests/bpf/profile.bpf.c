// Counts the stacks that run when an event comes.
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <bpf/bpf_helpers.h>

#define DEPTH 127

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 16384);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct sample {
  __u32 pid;
  __s32 kernel; // the numbers of the stacks; negative where there is none
  __s32 user;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, struct sample);
  __type(value, __u64);
} samples SEC(".maps");

SEC("perf_event")
int on_tick(struct bpf_perf_event_data *ctx) {
  struct sample sample = {
    .pid = bpf_get_current_pid_tgid() >> 32,
    .kernel = bpf_get_stackid(ctx, &stacks, 0),
    .user = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK),
  };
  __u64 *count = bpf_map_lookup_elem(&samples, &sample);
  if (count) __sync_fetch_and_add(count, 1);
  else bpf_map_update_elem(&samples, &sample, &(__u64){1}, BPF_ANY);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
