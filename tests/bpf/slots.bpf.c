// Programs that ask maps of descriptors, run by hand.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u32);
} cgroups SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} events SEC(".maps");

struct bpf_perf_event_value count; // of the event in place 3

// 1 where the process is in the cgroup in place 2 or below, 0 where not, else an error
SEC("raw_tp")
int is_under(void *ctx) { return bpf_current_task_under_cgroup(&cgroups, 2); }

SEC("raw_tp")
int read_count(void *ctx) { return bpf_perf_event_read_value(&events, 3, &count, sizeof(count)); }

SEC("raw_tp")
int send(void *ctx) {
  char text[8] = "waggle";
  return bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, text, sizeof(text));
}

char LICENSE[] SEC("license") = "GPL";
