// The process that runs, as the kernel's structs have it: CO-RE, since their layouts are of no header of ours.
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
  int pid;
  int tgid;
  struct task_struct *real_parent;
  struct task_struct *group_leader;
  char comm[16];
  int no_such_field;
} __attribute__((preserve_access_index));

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct report {
    __u32 tgid;
    __u32 ppid;
    char leader[16];
    __u32 pid_size;
    __u8 has_comm;
    __u8 has_no_such_field;
  });
} reports SEC(".maps");

SEC("raw_tp")
int report(void *ctx) {
  struct task_struct *task = (void *)bpf_get_current_task();
  struct report *report = bpf_map_lookup_elem(&reports, &(__u32){0});
  if (!report) return 1;
  report->tgid = BPF_CORE_READ(task, tgid);
  report->ppid = BPF_CORE_READ(task, real_parent, tgid);
  BPF_CORE_READ_STR_INTO(&report->leader, task, group_leader, comm);
  report->pid_size = bpf_core_field_size(task->pid);
  report->has_comm = bpf_core_field_exists(task->comm);
  report->has_no_such_field = bpf_core_field_exists(task->no_such_field);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
