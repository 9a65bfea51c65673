// Reads a ring buffer that scripts fill.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
  __uint(max_entries, 4096);
} commands SEC(".maps");

struct message {
  __u32 size;
  __u8 data[64]; // the first bytes, and zeroes
};

// What read() has read so far
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, struct message);
} messages SEC(".maps");

__u32 count;

static long keep(struct bpf_dynptr *message, __u32 *most) {
  struct message *kept = bpf_map_lookup_elem(&messages, &count);
  if (!kept) return 1;
  __u32 size = 0;
  while (size < sizeof(kept->data) && !bpf_dynptr_read(kept->data + size, 1, message, size, 0)) size++;
  kept->size = size;
  count++;
  return --*most == 0;
}

// Reads as many messages as the first byte of the packet says
SEC("xdp")
int read(struct xdp_md *ctx) {
  __u8 *data = (void *)(long)ctx->data;
  if (data + 1 > (__u8 *)(long)ctx->data_end) return 0;
  __u32 most = *data;
  return bpf_user_ringbuf_drain(&commands, keep, &most, 0);
}

__u64 next;     // the number that the next message is to have
__u64 disorder; // how many had another

static long compare(struct bpf_dynptr *message, void *context) {
  __u64 number = -1;
  bpf_dynptr_read(&number, sizeof(number), message, 0, 0);
  if (number != next) disorder++;
  next = number + 1;
  return 0;
}

// Reads all messages, which are to be numbered
SEC("xdp")
int follow(struct xdp_md *ctx) { return bpf_user_ringbuf_drain(&commands, compare, 0, BPF_RB_NO_WAKEUP); }

// The same, and tells whoever waits for room
SEC("xdp")
int follow_and_wake(struct xdp_md *ctx) { return bpf_user_ringbuf_drain(&commands, compare, 0, 0); }

char LICENSE[] SEC("license") = "GPL";
