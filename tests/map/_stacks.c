// Makes a system call from a few functions deep.
#include <sys/syscall.h>

__attribute__((noinline)) static long innermost(long number) {
  long result;
#ifdef __x86_64__
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(0) : "rcx", "r11", "memory");
#else
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = 0;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8) : "memory");
  result = x0;
#endif
  return result;
}

__attribute__((noinline)) static long middle(long number) { return innermost(number) + 1; }

__attribute__((noinline)) static long outer(long number) { return middle(number) + 1; }

int main(void) { return outer(SYS_getpgid) < 0; }
