// targets: bpfel bpfeb
// Variables of an arena, and what the type information says beside types.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))
#define __tag(text) __attribute__((btf_decl_tag(text)))
#define __uint64(name, value) enum { name##_value = (value) } name

// Since Linux 6.9; `linux/bpf.h` may be older.
#define ARENA 33

struct {
  __uint(type, ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 10);
  __uint64(map_extra, 1ull << 44);
} arena SEC(".maps") __tag("first") __tag("second");

__u64 __arena counter = 7;
int __arena __tag("of an arena") table[3] = {1, 2, 3};
__u32 __tag("plain") limit = 5;

void __attribute__((noinline)) on_exception(__u64 cookie) {}

SEC("raw_tp/sys_enter")
__tag("program")
int use(void *ctx) {
  __u64 __arena *place = &counter;
  asm volatile("" : "+r"(place));
  int __arena *last = &table[2];
  asm volatile("" : "+r"(last));
  return limit;
}

SEC("raw_tp/sys_exit")
__tag("exception_callback:on_exception")
int throws(void *ctx) { return limit; }

char LICENSE[] SEC("license") = "GPL";
