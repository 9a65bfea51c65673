// Symbols of the kernel: addresses, variables by type, functions.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
  int pid;
} __attribute__((preserve_access_index));
struct bpf_cpumask {
  int usage;
} __attribute__((preserve_access_index));

extern const void schedule __ksym;
extern const void no_such_symbol __ksym __weak;
extern const int bpf_prog_active __ksym;
extern const int no_such_variable __ksym __weak;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *mask) __ksym;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern struct task_struct *bpf_task_from_pid___other(int pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern int no_such_function(int argument) __ksym __weak;
extern int bpf_cpumask_first(long wrong, char *prototype) __ksym __weak;

__u64 schedule_address;
__u64 missing_address = 1;

SEC("xdp")
int addresses(struct xdp_md *ctx) {
  schedule_address = (__u64)&schedule;
  missing_address = (__u64)&no_such_symbol;
  return 0;
}

// 1 where the variable of this CPU counts the program that runs
SEC("xdp")
int variables(struct xdp_md *ctx) {
  const int *active = bpf_this_cpu_ptr(&bpf_prog_active);
  const int *first = bpf_per_cpu_ptr(&bpf_prog_active, 0);
  return *active >= 0 && first && *first >= 0 && !&no_such_variable;
}

SEC("syscall")
int functions(void *ctx) {
  struct bpf_cpumask *mask = bpf_cpumask_create();
  if (!mask) return 1;
  bpf_cpumask_release(mask);
  int pid = bpf_get_current_pid_tgid() >> 32;
  struct task_struct *task = bpf_task_from_pid(pid);
  if (!task) return 2;
  int same = task->pid == pid;
  bpf_task_release(task);
  task = bpf_task_from_pid___other ? bpf_task_from_pid___other(pid) : 0;
  if (!task) return 3;
  bpf_task_release(task);
  if (no_such_function) return no_such_function(pid);
  if (bpf_cpumask_first) return bpf_cpumask_first(0, 0);
  return 40 + same;
}

// Gets to a function that the kernel lacks
SEC("?syscall")
int reached(void *ctx) { return no_such_function(1); }

extern int bpf_task_from_pidd(int pid) __ksym;
SEC("?syscall")
int needed(void *ctx) { return bpf_task_from_pidd(1); }

extern const int bpf_prog_activ __ksym;
SEC("?xdp")
int needed_variable(struct xdp_md *ctx) { return *(const int *)bpf_this_cpu_ptr(&bpf_prog_activ); }

extern int bpf_cpumask_first_zero(long wrong, char *prototype) __ksym;
SEC("?syscall")
int incompatible(void *ctx) { return bpf_cpumask_first_zero(0, 0); }

char LICENSE[] SEC("license") = "GPL";
