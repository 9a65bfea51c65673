// Opens and relocates an object with libbpf, as tests/bench/core.ts does. Prints ms: of the first time in the process, or
// with "again" of each later one.
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int relocated;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args) { return 0; }

// Called for the first program once all of them are relocated; an error keeps it from the verifier.
static int stop(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie) {
  relocated++;
  return -ECANCELED;
}

static double once(const char *path) {
  double start = now();
  struct bpf_object *object = bpf_object__open(path);
  if (object) bpf_object__load(object);
  double time = now() - start;
  bpf_object__close(object);
  return time;
}

int main(int argc, char **argv) {
  enum { TIMES = 20 };
  LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = stop);
  libbpf_register_prog_handler("bench", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &options);
  libbpf_set_print(silent);
  double first = once(argv[1]);
  if (strcmp(argv[2], "again")) printf("%f\n", first);
  else for (int i = 0; i < TIMES; i++) printf("%f\n", once(argv[1]));
  return relocated == 0;
}
