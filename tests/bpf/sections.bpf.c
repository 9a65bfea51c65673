// Data sections with contents that a running program reads and changes.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
  __u32 first;
  __u64 second;
};

int counter = 1000; // .data
static struct pair table[4] = {{1, 10}, {2, 20}, {3, 30}, {4, 40}}; // .data
__u64 calls; // .bss
struct pair last; // .bss
const volatile __u32 limit = 77; // .rodata
const volatile char greeting[8] = "waggle"; // .rodata

// counter + limit + the letter of the greeting that the first byte of the packet selects
SEC("xdp")
int sum(struct xdp_md *ctx) {
  __u8 *data = (void *)(long)ctx->data;
  if (data + 1 > (__u8 *)(long)ctx->data_end) return 0;
  return counter + limit + greeting[*data & 7];
}

SEC("xdp")
int change(struct xdp_md *ctx) {
  __u32 index = calls & 3;
  calls++;
  counter += 5;
  last = table[index];
  table[index].second *= 2;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
