// What probes are attached to: target FUNCTION CALLS [CPU].
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PROBED __attribute__((noinline))

// A counter that the kernel raises; in the file, as .bss is not.
volatile unsigned short semaphore __attribute__((section(".probes"))) = 0;
volatile int sink;

PROBED int waggle_first(int x) { sink = x; return x + 1; }
PROBED int waggle_second(int x) { sink = x; return x + 2; }
PROBED static int waggle_hidden(int x) { sink = x; return x + 3; }
PROBED __attribute__((weak)) int waggle_weak(int x) { sink = x; return x + 4; }

// Writes to fresh pages, each of which is a page fault.
static int faults(int pages) {
  char *memory = mmap((void *)0x60000000000, pages * 4096L, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, pages * 4096L, MADV_NOHUGEPAGE);
  for (int i = 0; i < pages; i++) memory[i * 4096L] = 1;
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int calls = atoi(argv[2]);
  if (argc > 3) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(atoi(argv[3]), &cpus);
    if (sched_setaffinity(0, sizeof(cpus), &cpus)) return 1;
  }
  if (strcmp(argv[1], "faults") == 0) return faults(calls);
  for (int i = 0; i < calls; i++) {
    if (strcmp(argv[1], "first") == 0) waggle_first(i);
    else if (strcmp(argv[1], "second") == 0) waggle_second(i);
    else if (strcmp(argv[1], "hidden") == 0) waggle_hidden(i);
    else waggle_weak(i);
  }
  printf("%u\n", semaphore);
  return 0;
}
