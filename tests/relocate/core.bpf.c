// Every kind of CO-RE record, against types that look like the kernel's and types that do not.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
  struct list_head *next, *prev;
};

struct mm_struct {
  unsigned long total_vm;
};

struct thread_info_here;

// Members are out of order, and some are of other sizes than the kernel's.
struct task_struct {
  char comm[16];
  int pid;
  unsigned long flags;  // unsigned int in the kernel
  struct mm_struct *mm;
  unsigned in_execve : 1;
  unsigned sched_migrated : 1;
  struct task_struct *real_parent;
  struct list_head children;
  unsigned char on_rq;  // int in the kernel
  int gone_for_good;
};

struct task_struct___renamed {
  long state;
  unsigned int __state;
};

struct task_struct___narrow {
  unsigned short ptrace;  // unsigned int in the kernel
  unsigned int utime;     // u64 in the kernel
} __attribute__((preserve_access_index));

struct sk_buff {
  unsigned char cloned : 1, pfmemalloc : 1;
  unsigned int len;
  union {
    unsigned int mark;
    unsigned int reserved_tailroom;
  };
};

struct sock_common {
  unsigned short skc_family;
  struct {
    unsigned int skc_daddr, skc_rcv_saddr;
  };
};

struct sock {
  struct sock_common __sk_common;
  unsigned short sk_protocol;
};

struct fd_set_here;

struct files_struct {
  void *fd_array[64];
};

struct ethhdr {
  unsigned char h_dest[6];
  unsigned short h_proto;
};

struct nowhere {
  int field;
};

// Of the same shape, and not.
struct path {
  void *mnt, *dentry;
};

struct path___other {
  int mnt;
};

#pragma clang attribute pop

typedef int pid_t;
typedef struct nowhere nowhere_t;
typedef void (*work_func_t)(void *work);
union bpf_attr___small {
  unsigned map_type;
};

enum pid_type {
  PIDTYPE_PID,
  PIDTYPE_TGID,
  PIDTYPE_NOT = 77,
};

enum perf_callchain_context___big {
  PERF_CONTEXT_HV___big = (__u64)-32,
  PERF_CONTEXT_NOT___big = (__u64)-33,
};

enum bpf_map_type___here {
  BPF_MAP_TYPE_RINGBUF___here = 1,
};

__u64 results[64];

#define RESULT(index, value) results[index] = (value)

SEC("raw_tp/sched_switch")
int fields(__u64 *ctx) {
  struct task_struct *task = (void *)bpf_get_current_task();
  RESULT(0, BPF_CORE_READ(task, pid));
  RESULT(1, BPF_CORE_READ(task, mm, total_vm));
  RESULT(2, BPF_CORE_READ(task, real_parent, real_parent, pid));
  RESULT(3, bpf_core_field_offset(struct task_struct, children.prev));
  RESULT(4, bpf_core_field_size(struct task_struct, comm));
  RESULT(5, bpf_core_field_offset(struct task_struct, comm[5]));
  RESULT(6, bpf_core_field_size(struct task_struct, flags));
  RESULT(7, bpf_core_field_exists(task->gone_for_good));
  RESULT(8, bpf_core_field_exists(task->pid));
  RESULT(9, __builtin_preserve_field_info(task->pid, BPF_FIELD_SIGNED));
  RESULT(10, __builtin_preserve_field_info(task->flags, BPF_FIELD_SIGNED));
  if (bpf_core_field_exists(((struct task_struct___renamed *)task)->state))
    RESULT(11, BPF_CORE_READ((struct task_struct___renamed *)task, state));
  else
    RESULT(11, BPF_CORE_READ((struct task_struct___renamed *)task, __state));
  RESULT(12, bpf_core_field_offset(struct sock, __sk_common.skc_daddr));
  RESULT(13, bpf_core_field_offset(struct sk_buff, reserved_tailroom));
  RESULT(14, bpf_core_field_offset(struct files_struct, fd_array[7]));
  RESULT(15, bpf_core_field_offset(struct ethhdr, h_dest[5]));
  return 0;
}

SEC("raw_tp/sched_switch")
int bits(__u64 *ctx) {
  struct task_struct *task = (void *)bpf_get_current_task();
  struct sk_buff *skb = (void *)ctx[0];
  RESULT(16, BPF_CORE_READ_BITFIELD_PROBED(task, in_execve));
  RESULT(17, BPF_CORE_READ_BITFIELD_PROBED(task, sched_migrated));
  RESULT(18, BPF_CORE_READ_BITFIELD_PROBED(skb, cloned));
  RESULT(19, BPF_CORE_READ_BITFIELD_PROBED(skb, pfmemalloc));
  RESULT(20, __builtin_preserve_field_info(task->in_execve, BPF_FIELD_LSHIFT_U64));
  RESULT(21, __builtin_preserve_field_info(skb->cloned, BPF_FIELD_RSHIFT_U64));
  RESULT(22, __builtin_preserve_field_info(task->pid, BPF_FIELD_LSHIFT_U64));
  RESULT(23, __builtin_preserve_field_info(task->in_execve, BPF_FIELD_BYTE_SIZE));
  return 0;
}

// Loads from memory that the verifier knows, so that the load itself is relocated, with its size.
SEC("tp_btf/task_newtask")
int sizes(__u64 *ctx) {
  struct task_struct *task = (void *)ctx[0];
  struct task_struct___narrow *narrow = (void *)task;
  RESULT(24, task->flags);
  RESULT(25, narrow->ptrace);
  RESULT(26, narrow->utime);
  RESULT(27, task->pid);
  RESULT(28, task->comm[3]);
  RESULT(29, (__u64)task->mm);
  return 0;
}

// Instructions that no kernel can satisfy: they are not reached, or make the verifier refuse the program.
SEC("?tp_btf/task_newtask")
int poisoned(__u64 *ctx) {
  struct task_struct *task = (void *)ctx[0];
  struct nowhere *nowhere = (void *)task;
  RESULT(30, task->on_rq);
  RESULT(31, task->gone_for_good);
  RESULT(32, nowhere->field);
  RESULT(33, bpf_core_enum_value(enum pid_type, PIDTYPE_NOT));
  RESULT(34, bpf_core_field_size(struct task_struct, gone_for_good));
  return 0;
}

SEC("raw_tp/sched_switch")
int types(__u64 *ctx) {
  RESULT(35, bpf_core_type_id_local(struct task_struct));
  RESULT(36, bpf_core_type_id_kernel(struct task_struct));
  RESULT(37, bpf_core_type_id_kernel(struct nowhere));
  RESULT(38, bpf_core_type_exists(struct sock));
  RESULT(39, bpf_core_type_exists(nowhere_t));
  RESULT(40, bpf_core_type_size(struct task_struct));
  RESULT(41, bpf_core_type_size(pid_t));
  RESULT(42, bpf_core_type_size(struct nowhere));
  RESULT(43, bpf_core_type_exists(work_func_t));
  RESULT(44, bpf_core_type_exists(union bpf_attr___small));
  RESULT(45, bpf_core_type_matches(struct list_head));
  RESULT(46, bpf_core_type_matches(struct task_struct));
  RESULT(47, bpf_core_type_matches(struct path));
  RESULT(48, bpf_core_type_matches(struct path___other));
  RESULT(49, bpf_core_type_matches(pid_t));
  RESULT(50, bpf_core_type_matches(enum bpf_map_type___here));
  RESULT(51, bpf_core_type_matches(struct nowhere));
  return 0;
}

SEC("raw_tp/sched_switch")
int enumerators(__u64 *ctx) {
  RESULT(52, bpf_core_enum_value_exists(enum pid_type, PIDTYPE_TGID));
  RESULT(53, bpf_core_enum_value_exists(enum pid_type, PIDTYPE_NOT));
  RESULT(54, bpf_core_enum_value(enum pid_type, PIDTYPE_TGID));
  RESULT(55, bpf_core_enum_value(enum bpf_map_type___here, BPF_MAP_TYPE_RINGBUF___here));
  RESULT(56, bpf_core_enum_value(enum perf_callchain_context___big, PERF_CONTEXT_HV___big));
  RESULT(57, bpf_core_enum_value_exists(enum perf_callchain_context___big, PERF_CONTEXT_NOT___big));
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
