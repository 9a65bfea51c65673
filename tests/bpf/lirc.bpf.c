// Counts the pulses and spaces of infrared signals.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by sample

SEC("lirc_mode2")
int on_sample(unsigned int *sample) {
  __u32 key = *sample;
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
