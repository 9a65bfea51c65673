// Tells where its functions are, and works in them until it is killed.
#include <stdio.h>
#include <unistd.h>

#ifdef WITH_LIBRARY
long library_work(long);
#endif

__attribute__((noinline)) static long innermost(long n) {
  volatile long sum = 0;
  for (long i = 0; i < n; i++) sum += i * i % 7;
  return sum;
}

__attribute__((noinline)) long middle(long n) { return innermost(n) + 1; }

__attribute__((noinline)) static long system_calls(long n) {
  long sum = 0;
  for (long i = 0; i < n; i++) sum += lseek(0, 0, SEEK_CUR) + getppid();
  return sum;
}

int main(void) {
  printf("innermost %p\nmiddle %p\nsystem_calls %p\nmain %p\n", innermost, middle, system_calls, main);
#ifdef WITH_LIBRARY
  printf("library_work %p\n", library_work);
#endif
  fflush(stdout);
  volatile long sum = 0;
  for (;;) {
    sum += middle(100000) + system_calls(100);
#ifdef WITH_LIBRARY
    sum += library_work(100000);
#endif
  }
}
