// Looks up elements of an array map by syscall(2), as tests/bench/lookup.ts does. Prints ns per lookup of each batch.
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(void) {
  enum { BATCHES = 50, LOOKUPS = 20000, ENTRIES = 1024 };
  union bpf_attr attr;
  memset(&attr, 0, sizeof(attr));
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = 4;
  attr.value_size = 8;
  attr.max_entries = ENTRIES;
  int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
  if (fd < 0) return perror("BPF_MAP_CREATE"), 1;

  __u32 key;
  __u64 value, sum = 0;
  memset(&attr, 0, sizeof(attr));
  attr.map_fd = fd;
  attr.key = (unsigned long)&key;
  attr.value = (unsigned long)&value;
  for (int batch = 0; batch < BATCHES; batch++) {
    double start = now();
    for (int i = 0; i < LOOKUPS; i++) {
      key = i % ENTRIES;
      if (syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, 32)) return perror("BPF_MAP_LOOKUP_ELEM"), 1;
      sum += value;
    }
    printf("%f\n", (now() - start) / LOOKUPS);
  }
  return sum != 0;
}
