// Reads what no kernel has, without asking first.
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
  int tgid;
  int no_such_field;
} __attribute__((preserve_access_index));

SEC("raw_tp")
int read_missing(void *ctx) {
  struct task_struct *task = (void *)bpf_get_current_task();
  return BPF_CORE_READ(task, tgid) + BPF_CORE_READ(task, no_such_field);
}

char LICENSE[] SEC("license") = "GPL";
