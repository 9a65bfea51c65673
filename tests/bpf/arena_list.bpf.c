// A linked list in an arena, which a program makes and another follows.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))
#define ARENA 33 // linux/bpf.h may be older
#define NUMA_NO_NODE (-1)

struct {
  __uint(type, ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 16);
} memory SEC(".maps");

void __arena *bpf_arena_alloc_pages(void *map, void __arena *address, __u32 pages, int node, __u64 flags) __ksym;
void bpf_arena_free_pages(void *map, void __arena *address, __u32 pages) __ksym;

struct node {
  struct node __arena *next;
  __u64 number;
};

__u32 length; // of the list that is made
struct node __arena *first;
__u64 sum;

// Makes a list of the numbers down to 0, each in a page of its own. Returns how many
SEC("syscall")
int make(void *ctx) {
  int i;
  first = 0;
  for (i = 0; i < length && i < 64; i++) {
    struct node __arena *node = bpf_arena_alloc_pages(&memory, 0, 1, NUMA_NO_NODE, 0);
    if (!node) break;
    node->next = first;
    node->number = i;
    first = node;
  }
  return i;
}

// Adds the numbers of the list up and doubles each. Returns how many
SEC("syscall")
int follow(void *ctx) {
  struct node __arena *node = first;
  int i;
  asm volatile("" ::"r"(&memory)); // of which map the pointers are
  sum = 0;
  for (i = 0; node && i < 64; i++) {
    sum += node->number;
    node->number *= 2;
    node = node->next;
  }
  return i;
}

// Gives the first page of the list back
SEC("syscall")
int drop(void *ctx) {
  bpf_arena_free_pages(&memory, first, 1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
