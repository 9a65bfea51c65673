// Values of sockets, tasks and cgroups, counted up by what they belong to.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

// Linux 6.2, newer than the headers
#define BPF_MAP_TYPE_CGRP_STORAGE 32

struct cgroup;

struct css_set {
  struct cgroup *dfl_cgrp;
} __attribute__((preserve_access_index));

struct task_struct {
  struct css_set *cgroups;
  struct task_struct *group_leader;
} __attribute__((preserve_access_index));

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} tasks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} cgroups SEC(".maps");

static __always_inline __u64 increase(__u64 *value) { return value ? __sync_add_and_fetch(value, 1) : 0; }

// Packets of each socket
SEC("cgroup_skb/egress")
int on_packet(struct __sk_buff *skb) {
  struct bpf_sock *sk = skb->sk ? bpf_sk_fullsock(skb->sk) : 0;
  if (sk) increase(bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE));
  return 1;
}

// Runs of each process
SEC("raw_tp")
int on_task(void *ctx) {
  struct task_struct *task = bpf_get_current_task_btf();
  return increase(bpf_task_storage_get(&tasks, task->group_leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE));
}

// Runs of each thread
SEC("raw_tp")
int on_thread(void *ctx) {
  return increase(bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE));
}

// Runs in each cgroup
SEC("raw_tp")
int on_cgroup(void *ctx) {
  struct task_struct *task = bpf_get_current_task_btf();
  return increase(bpf_cgrp_storage_get(&cgroups, task->cgroups->dfl_cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE));
}

char LICENSE[] SEC("license") = "GPL";
