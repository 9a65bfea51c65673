// targets: bpfel bpfeb
// Global data of every kind, and what of it a user can name.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 target_pid = 7;
const volatile char prefix[8] = "waggle";
static const volatile __u64 static_constant = 0x1122334455667788;
__u64 hits;
static __u32 static_hits[3];
__u16 limit = 500;
static volatile int static_limit = -3;
__attribute__((visibility("hidden"))) __u32 hidden_limit = 9;
__weak __u32 weak_limit = 11;
struct {
  __u8 small;
  __u64 large;
} settings SEC(".data.settings") = {1, 2};
const __u32 table[4] SEC(".rodata.table") = {1, 2, 3, 4};
__u32 scratch[5] SEC(".bss.scratch");

SEC("kprobe/vfs_read")
int read_all(void *ctx) {
  static __u32 seen;
  __u32 index = bpf_get_prandom_u32() & 3;
  hits += target_pid + static_constant + limit + static_limit + hidden_limit + weak_limit;
  seen += 1;
  static_hits[1] += seen;
  scratch[4] = table[index];
  settings.large += settings.small;
  bpf_printk("%s %d", prefix, index);
  char text[] = "a string that is copied from .rodata.str";
  bpf_trace_printk(text, sizeof(text));
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
