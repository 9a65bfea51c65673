// Variables of an arena, shared with user space at one address. Since Linux 6.9; `linux/bpf.h` may be older.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))
#define ARENA 33

struct {
  __uint(type, ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 4);
  enum { map_extra_value = 1ull << 44 } map_extra; // the address
} arena SEC(".maps");

__u64 __arena counter = 7;
__u32 __arena step = 2;

SEC("syscall")
int advance(void *ctx) {
  counter += step;
  return counter;
}

char LICENSE[] SEC("license") = "GPL";
