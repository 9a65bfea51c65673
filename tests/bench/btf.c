// Reads the kernel's types with libbpf and finds a struct, as tests/bench/btf.ts does. Prints ms: of the first time in the
// process, or with "again" of each later one.
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double once(void) {
  double start = now();
  struct btf *btf = btf__load_vmlinux_btf();
  int id = btf ? btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT) : 0;
  double time = now() - start;
  btf__free(btf);
  return id > 0 ? time : -1;
}

int main(int argc, char **argv) {
  enum { TIMES = 20 };
  double first = once();
  if (strcmp(argv[1], "again")) printf("%f\n", first);
  else for (int i = 0; i < TIMES; i++) printf("%f\n", once());
  return first < 0;
}
