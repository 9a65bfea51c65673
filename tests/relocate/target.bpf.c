// What passes for the types of a kernel: like those of core.bpf.c, and laid out in another way.
typedef unsigned long u64;
typedef int pid_t;

struct list_head {
  struct list_head *next, *prev;
};

struct mm_struct {
  char pad[100];
  union {
    struct {
      int other;
      struct {
        unsigned total_vm;  // unsigned long in the object
      };
    };
    u64 whole;
  };
};

struct task_struct___second {
  unsigned char pad;
  signed char pid;  // signed, and smaller
  const volatile u64 flags;
  unsigned short ptrace;
  u64 utime;
  struct mm_struct *mm;
  unsigned char before : 3;
  u64 in_execve : 33;
  signed sched_migrated : 2;
  struct task_struct___second *const *real_parent;
  struct list_head children;
  char comm[4][2];
  unsigned on_rq;
};

struct sk_buff {
  unsigned len : 1;
  union {
    struct {
      unsigned char cloned;  // a bitfield no more
      unsigned long pfmemalloc : 40;
    };
    int mark;
  };
};

struct sock_common {
  union {
    u64 both;
    struct {
      unsigned skc_daddr;
    };
  };
};

struct sock {
  int pad;
  const struct sock_common __sk_common;
};

struct files_struct {
  int count;
  void *fd_array[];  // flexible, and last
};

struct ethhdr {
  unsigned char h_dest[5];  // one is missing
};

struct path {
  void *mnt, *dentry, *more;
};

typedef void (*work_func_t)(int work);  // no pointer

union bpf_attr {
  int map_type;
};

enum pid_type {
  PIDTYPE_TGID___old = -4,
  PIDTYPE_PID = 9,
};

enum perf_callchain_context {
  PERF_CONTEXT_HV = 0x123456789,
};

enum bpf_map_type_of_target {
  NOTHING,
};

// Makes the compiler write the types.
struct all {
  pid_t pid;
  struct mm_struct mm;
  struct task_struct___second second;
  struct sk_buff skb;
  struct sock sock;
  struct files_struct *files;
  struct ethhdr eth;
  struct path path;
  work_func_t work;
  union bpf_attr attr;
  enum pid_type type;
  enum perf_callchain_context context;
  enum bpf_map_type_of_target map_type;
} all;
