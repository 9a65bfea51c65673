// How often files were opened whose inodes the script has given a value.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct inode;

struct file {
  struct inode *f_inode;
} __attribute__((preserve_access_index));

struct {
  __uint(type, BPF_MAP_TYPE_INODE_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} inodes SEC(".maps");

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file *file) {
  __u64 *value = bpf_inode_storage_get(&inodes, file->f_inode, 0, 0);
  if (value) __sync_fetch_and_add(value, 1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
