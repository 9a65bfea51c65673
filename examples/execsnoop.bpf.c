// Reports every program that a process starts to run, with its arguments.
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define ARGS_SIZE 4096

struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
} __attribute__((preserve_access_index));

struct task_struct {
  int tgid;
  struct task_struct *real_parent;
  struct mm_struct *mm;
} __attribute__((preserve_access_index));

struct linux_binprm {
  const char *filename;
} __attribute__((preserve_access_index));

struct event {
  __u64 time; // CLOCK_BOOTTIME, ns
  __u32 pid;
  __u32 ppid;
  __u32 uid;
  char comm[16];
  char filename[256];
  __u8 args[ARGS_SIZE]; // each followed by NUL; the record ends with the last one
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20);
} events SEC(".maps");

// An event is too large for the stack.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct event);
} scratch SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx) {
  struct task_struct *task = (void *)ctx->args[0];
  struct linux_binprm *program = (void *)ctx->args[2];
  struct event *event = bpf_map_lookup_elem(&scratch, &(__u32){0});
  if (!event) return 0;

  event->time = bpf_ktime_get_boot_ns();
  event->pid = BPF_CORE_READ(task, tgid);
  event->ppid = BPF_CORE_READ(task, real_parent, tgid);
  event->uid = bpf_get_current_uid_gid();
  bpf_get_current_comm(event->comm, sizeof(event->comm));
  bpf_probe_read_kernel_str(event->filename, sizeof(event->filename), BPF_CORE_READ(program, filename));

  unsigned long start = BPF_CORE_READ(task, mm, arg_start);
  unsigned long size = BPF_CORE_READ(task, mm, arg_end) - start;
  asm volatile("" : "+r"(size)); // keeps clang from moving the check below away from what the verifier sees
  if (size > ARGS_SIZE) size = ARGS_SIZE;
  if (bpf_probe_read_user(event->args, size, (void *)start)) size = 0;
  bpf_ringbuf_output(&events, event, __builtin_offsetof(struct event, args) + size, 0);
  return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
