// Global variables of every kind. What the program sees of the constants it copies to where the test can look.
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

enum color { RED = 1, GREEN = 2 };
enum depth { DEEP = -5 };

struct pair {
  __u32 first;
  __u64 second;
};

const volatile __u8 in_u8 = 1;
const volatile __s8 in_s8 = -1;
const volatile __u16 in_u16 = 2;
const volatile __s16 in_s16 = -2;
const volatile __u32 in_u32 = 3;
const volatile __s32 in_s32 = -3;
const volatile __u64 in_u64 = 4;
const volatile __s64 in_s64 = -4;
const volatile bool in_bool;
const volatile enum color in_color = RED;
const volatile enum depth in_depth = DEEP;
const volatile char in_text[8] = "waggle";
const volatile struct pair in_pair = {5, 6};
const volatile __s32 in_numbers[3] = {7, 8, 9};
const volatile __u8 in_bytes[3];

struct {
  __u64 u64;
  __s64 s64;
  __u32 u32;
  __s32 s32;
  __u16 u16;
  __s16 s16;
  __u8 u8;
  __s8 s8;
  __u8 truth;
  __u8 bytes[3];
  __u32 color;
  __s32 depth;
  char text[8];
  __u64 first;
  __u64 second;
  __s32 numbers[3];
} seen;

SEC("xdp")
int look(struct xdp_md *ctx) {
  seen.u64 = in_u64;
  seen.s64 = in_s64;
  seen.u32 = in_u32;
  seen.s32 = in_s32;
  seen.u16 = in_u16;
  seen.s16 = in_s16;
  seen.u8 = in_u8;
  seen.s8 = in_s8;
  seen.truth = in_bool;
  seen.color = in_color;
  seen.depth = in_depth;
  seen.first = in_pair.first;
  seen.second = in_pair.second;
  for (int i = 0; i < 3; i++) seen.bytes[i] = in_bytes[i];
  for (int i = 0; i < 3; i++) seen.numbers[i] = in_numbers[i];
  for (int i = 0; i < 8; i++) seen.text[i] = in_text[i];
  return 0;
}

volatile __u32 step = 3;
volatile __u64 total;
volatile struct pair state SEC(".data.state") = {10, 20};
static volatile __u32 hidden_from_users = 100;
__hidden volatile __u32 internal = 200;

// Adds the step to the total, and the first byte of the packet to a member of the state
SEC("xdp")
int advance(struct xdp_md *ctx) {
  __u8 *data = (void *)(long)ctx->data;
  if (data + 1 > (__u8 *)(long)ctx->data_end) return 0;
  total += step;
  state.second += *data;
  return hidden_from_users + internal + state.first;
}

char LICENSE[] SEC("license") = "GPL";
