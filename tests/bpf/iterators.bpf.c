// Lists of the kernel's objects, as text and as bytes.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))

struct seq_file;
struct bpf_iter_meta {
  struct seq_file *seq;
  __u64 session_id;
  __u64 seq_num;
} CORE;
struct task_struct {
  int pid;
  int tgid;
} CORE;
struct bpf_iter__task {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
} CORE;
struct bpf_map {
  __u32 id;
} CORE;
struct bpf_iter__bpf_map {
  struct bpf_iter_meta *meta;
  struct bpf_map *map;
} CORE;
struct bpf_iter__bpf_map_elem {
  struct bpf_iter_meta *meta;
  struct bpf_map *map;
  void *key;
  void *value;
} CORE;
struct kernfs_node {
  __u64 id;
} CORE;
struct cgroup {
  struct kernfs_node *kn;
} CORE;
struct bpf_iter__cgroup {
  struct bpf_iter_meta *meta;
  struct cgroup *cgroup;
} CORE;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by 1, for each list that was read to its end

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 100000);
  __type(key, __u32);
  __type(value, __u64);
} numbers SEC(".maps");

static __always_inline void count(void) {
  __u32 key = 1;
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
}

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx) {
  struct task_struct *task = ctx->task;
  if (!task) count();
  else BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d\n", task->tgid, task->pid);
  return 0;
}

SEC("iter/bpf_map")
int maps(struct bpf_iter__bpf_map *ctx) {
  struct bpf_map *map = ctx->map;
  if (map) BPF_SEQ_PRINTF(ctx->meta->seq, "%u\n", map->id);
  return 0;
}

SEC("iter/bpf_map_elem")
int elements(struct bpf_iter__bpf_map_elem *ctx) {
  __u32 *key = ctx->key;
  __u64 *value = ctx->value;
  if (!key || !value) return 0;
  __u64 pair[2] = {*key, *value};
  bpf_seq_write(ctx->meta->seq, pair, sizeof(pair));
  return 0;
}

char filler[4096];

// More text for one task than the kernel has room for.
SEC("iter/task")
int flood(struct bpf_iter__task *ctx) {
  if (!ctx->task) return 0;
  for (int i = 0; i < 10; i++) bpf_seq_write(ctx->meta->seq, filler, sizeof(filler));
  return 0;
}

SEC("?iter/cgroup")
int cgroups(struct bpf_iter__cgroup *ctx) {
  struct cgroup *cgroup = ctx->cgroup;
  if (cgroup) BPF_SEQ_PRINTF(ctx->meta->seq, "%llu\n", cgroup->kn->id);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
