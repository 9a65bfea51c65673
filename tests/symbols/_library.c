// Works in a shared library.
__attribute__((noinline)) static long hidden_work(long n) {
  volatile long sum = 0;
  for (long i = 0; i < n; i++) sum += i * 3 % 5;
  return sum;
}

long library_work(long n) { return hidden_work(n) + 1; }
