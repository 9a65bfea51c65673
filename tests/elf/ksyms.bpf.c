// targets: bpfel bpfeb
// Variables and functions of the kernel.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct;
extern const int bpf_prog_active __ksym;
extern const void init_task __ksym __weak;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

SEC("tp_btf/task_newtask")
int use(void *ctx) {
  struct task_struct *task = bpf_task_from_pid(1);
  if (task && bpf_task_release) bpf_task_release(task);
  int *active = bpf_per_cpu_ptr(&bpf_prog_active, 0);
  return (active ? *active : 0) + (&init_task != 0);
}

char LICENSE[] SEC("license") = "GPL";
