// Uses a map with libbpf in the way that the argument says, as tests/bench/map.ts does. Prints ns per element of each batch.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MANY = 100000, SOME = 1024, FEW = 4 };
// As many as the library reads by one system call, 64 KiB.
enum { BLOCK = (1 << 16) / 12 };

static __u32 keys[MANY];
static __u64 values[MANY];
static int fd, cpus;
static __u32 count;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void check(int failed) {
  if (!failed) return;
  perror("bpf");
  exit(1);
}

static void fill(void) {
  for (__u32 key = 0; key < count; key++) {
    __u64 per_cpu[cpus];
    for (int cpu = 0; cpu < cpus; cpu++) per_cpu[cpu] = key;
    check(bpf_map_update_elem(fd, &key, per_cpu, BPF_ANY));
  }
}

static __u64 pass_update(void) {
  __u64 sum = 0;
  for (__u32 key = 0; key < count; key++) {
    __u64 value = key;
    check(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
    sum += value;
  }
  return sum;
}

static __u64 pass_lookup(void) {
  __u64 value, sum = 0;
  for (__u32 key = 0; key < count; key++) {
    check(bpf_map_lookup_elem(fd, &key, &value));
    sum += value;
  }
  return sum;
}

static __u64 pass_cpus(void) {
  __u64 per_cpu[cpus], sum = 0;
  for (__u32 key = 0; key < count; key++) {
    __u64 largest = 0;
    check(bpf_map_lookup_elem(fd, &key, per_cpu));
    for (int cpu = 0; cpu < cpus; cpu++) if (per_cpu[cpu] > largest) largest = per_cpu[cpu];
    sum += largest;
  }
  return sum;
}

static __u64 pass_delete(void) {
  __u64 sum = 0;
  for (__u32 key = 0; key < count; key++) {
    check(bpf_map_delete_elem(fd, &key));
    sum += key;
  }
  return sum;
}

static __u64 pass_iterate(void) {
  __u64 value, sum = 0;
  __u32 key, *previous = NULL;
  for (; !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
    check(bpf_map_lookup_elem(fd, &key, &value));
    sum += key + value;
  }
  return sum / 2;
}

static __u64 pass_dump(void) {
  __u64 sum = 0;
  __u32 cursor;
  for (int i = 0, error = 0; !error; i++) {
    __u32 got = BLOCK;
    error = bpf_map_lookup_batch(fd, i ? &cursor : NULL, &cursor, keys, values, &got, NULL);
    check(error && errno != ENOENT);
    for (__u32 k = 0; k < got; k++) sum += keys[k] + values[k];
  }
  return sum / 2;
}

static __u64 pass_set(void) {
  for (__u32 at = 0; at < count; at += BLOCK) {
    __u32 some = count - at < BLOCK ? count - at : BLOCK;
    check(bpf_map_update_batch(fd, keys + at, values + at, &some, NULL));
  }
  return (__u64)count * (count - 1) / 2;
}

static const struct {
  const char *name;
  __u32 count, passes, batches;
  __u64 (*pass)(void);
} modes[] = {
  {"lookup", SOME, 1, 300, pass_lookup}, {"cpus", SOME, 1, 300, pass_cpus},
  {"update", SOME, 1, 300, pass_update}, {"delete", SOME, 1, 300, pass_delete},
  {"few", FEW, 256, 300, pass_iterate},  {"iterate", MANY, 1, 15, pass_iterate},
  {"dump", MANY, 1, 15, pass_dump},      {"set", MANY, 1, 15, pass_set},
};

int main(int argc, char **argv) {
  int mode = 0;
  while (strcmp(modes[mode].name, argv[1])) mode++;
  int is_delete = modes[mode].pass == pass_delete;
  int is_per_cpu = modes[mode].pass == pass_cpus;
  count = modes[mode].count;
  cpus = is_per_cpu ? libbpf_num_possible_cpus() : 1;
  fd = bpf_map_create(is_per_cpu ? BPF_MAP_TYPE_PERCPU_ARRAY : BPF_MAP_TYPE_HASH, "bench", 4, 8, count, NULL);
  check(fd < 0);
  for (__u32 i = 0; i < MANY; i++) values[i] = keys[i] = i;
  fill();
  for (__u32 batch = 0; batch < modes[mode].batches; batch++) {
    if (is_delete) fill();
    __u64 sum = 0;
    double start = now();
    for (__u32 i = 0; i < modes[mode].passes; i++) sum += modes[mode].pass();
    printf("%f\n", (now() - start) / count / modes[mode].passes);
    if (sum != (__u64)count * (count - 1) / 2 * modes[mode].passes) return 1;
  }
  return 0;
}
