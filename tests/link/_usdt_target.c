// Probes of programs (USDT): target PROBE [VALUE...] hits one; with "lines", "guarded" once a line that is read.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef SYSTEMTAP
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#else
#include "_usdt.h"
#endif

#define APART __attribute__((noinline))
#define ANY "nor"

__attribute__((visibility("default"))) volatile unsigned short waggle_guarded_semaphore
    __attribute__((section(".probes"))) = 0;
static volatile int64_t values[16];
static volatile int variable = 77;

#ifdef SYSTEMTAP

volatile unsigned short waggle_widths_semaphore __attribute__((section(".probes"))) = 0;

static APART void widths(void) {
  STAP_PROBE12(waggle, widths, (signed char)values[0], (unsigned char)values[1], (short)values[2],
               (unsigned short)values[3], (int)values[4], (unsigned)values[5], (long)values[6],
               (unsigned long)values[7], (void *)&values[8], -7, 0x123456789abL, (unsigned char)200);
}

static APART void guarded(void) { STAP_PROBE1(waggle, guarded, (int)values[0]); }

static int hit(const char *probe) {
  if (strcmp(probe, "widths") == 0) widths();
  else if (strcmp(probe, "guarded") == 0) guarded();
  else return 2;
  return 0;
}

#else

static APART void widths(void) {
  USDT("waggle", "widths", "0",
       "-1@%[a] 1@%[b] -2@%[c] 2@%[d] -4@%[e] 4@%[f] -8@%[g] 8@%[h] 8@%[i] -4@%[j] -8@%[k] 1@%[l]",
       [a] ANY((signed char)values[0]), [b] ANY((unsigned char)values[1]), [c] ANY((short)values[2]),
       [d] ANY((unsigned short)values[3]), [e] ANY((int)values[4]), [f] ANY((unsigned)values[5]),
       [g] ANY((long)values[6]), [h] ANY((unsigned long)values[7]), [i] ANY(&values[8]), [j] "n"(-7),
       [k] "n"(0x123456789ab), [l] "n"(200));
}

static APART void registers(void) {
  USDT("waggle", "registers", "0", "-1@%[a] 1@%[b] -2@%[c] 2@%[d] -4@%[e] 4@%[f] -8@%[g]", [a] "r"((signed char)values[0]),
       [b] "r"((unsigned char)values[1]), [c] "r"((short)values[2]), [d] "r"((unsigned short)values[3]),
       [e] "r"((int)values[4]), [f] "r"((unsigned)values[5]), [g] "r"((long)values[6]));
}

static APART void memory(void) {
  struct { signed char a; unsigned char b; short c; unsigned short d; int e; unsigned f; long g; } all = {
      values[0], values[1], values[2], values[3], values[4], values[5], values[6]};
  USDT("waggle", "memory", "0", "-1@%[a] 1@%[b] -2@%[c] 2@%[d] -4@%[e] 4@%[f] -8@%[g]", [a] "o"(all.a), [b] "o"(all.b),
       [c] "o"(all.c), [d] "o"(all.d), [e] "o"(all.e), [f] "o"(all.f), [g] "o"(all.g));
}

// One name, several places, of which two have the same arguments.
static APART void place1(int x) { USDT("waggle", "places", "0", "-4@%[x]", [x] "n"(1000)); variable = x; }
static APART void place2(int x) { USDT("waggle", "places", "0", "-4@%[x]", [x] "r"(x)); variable = x; }
static APART void place3(int x) { USDT("waggle", "places", "0", "-4@%[x]", [x] "n"(1000)); variable = x + 1; }

static APART void guarded(void) {
  USDT("waggle", "guarded", "waggle_guarded_semaphore", "-4@%[x]", [x] ANY((int)values[0]));
}

static APART void none(void) { USDT("waggle", "none", "0", "", "n"(0)); }

static APART void thirteen(void) {
  USDT("waggle", "thirteen", "0",
       "4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x] 4@%[x]", [x] "n"(1));
}

static APART void wide(void) { USDT("waggle", "wide", "0", "16@%[x]", [x] "r"(values[0])); }

// Hit once each by "places" only.
static APART void unreadable(void) {
#ifdef __x86_64__
  USDT("waggle", "floating", "0", "8f@%[x]", [x] "x"(1.5));
  USDT("waggle", "vector", "0", "8@%[x]", [x] "x"(1.5));
  USDT("waggle", "high", "0", "1@%%ah", "n"(0));
  USDT("waggle", "named", "0", "-4@variable(%%rip)", "n"(0));
#endif
  USDT("other", "unknown", "0", "8@$waggle", "n"(0));
}

static APART void indexed(void) {
#ifdef __x86_64__
  int table[5] = {0, 0, 0, 0, values[0]};
  __asm__ volatile("" ::: "memory");
  USDT("waggle", "indexed", "0", "-4@-4(%[base],%[i],8)", [base] "r"(&table[1]), [i] "r"(2L), "m"(table));
#endif
}

static int hit(const char *probe) {
  if (strcmp(probe, "widths") == 0) widths();
  else if (strcmp(probe, "registers") == 0) registers();
  else if (strcmp(probe, "memory") == 0) memory();
  else if (strcmp(probe, "guarded") == 0) guarded();
  else if (strcmp(probe, "none") == 0) none();
  else if (strcmp(probe, "thirteen") == 0) thirteen();
  else if (strcmp(probe, "wide") == 0) wide();
  else if (strcmp(probe, "indexed") == 0) indexed();
  else if (strcmp(probe, "unreadable") == 0) unreadable();
  else if (strcmp(probe, "places") == 0) place1(1), place2(values[0]), place3(3);
  else return 2;
  return 0;
}

#endif

__attribute__((visibility("default"))) int waggle_run(int count, char **texts) {
  const char *probe = count > 1 ? texts[1] : "";
  for (int i = 2; i < count && i < 18; i++) values[i - 2] = strtoll(texts[i], NULL, 0);
  if (strcmp(probe, "lines") == 0) {
    char line[64];
    while (fgets(line, sizeof(line), stdin)) {
      if (waggle_guarded_semaphore) guarded();
      printf("%u\n", waggle_guarded_semaphore);
      fflush(stdout);
    }
    return 0;
  }
  int status = hit(probe);
  printf("%u %llu\n", waggle_guarded_semaphore, (unsigned long long)(uintptr_t)&values[8]);
  return status;
}

#ifndef LIBRARY
int main(int count, char **texts) { return waggle_run(count, texts); }
#endif
