// Drains a full ring buffer with libbpf, as tests/bench/drain.ts does: `count` adds the first words up, `some` three fields, `decode`
// all fields of a copy of each record. Prints ns per record of each batch.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct event {
  unsigned long long number;
  unsigned a, b;
  unsigned long long c, d, e, f, g, h;
};

static unsigned long long sum, records;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int count(void *context, void *data, size_t size) {
  sum += *(unsigned *)data;
  records++;
  return 0;
}

static int some(void *context, void *data, size_t size) {
  struct event *event = data;
  if (size < sizeof(*event)) return -1;
  sum += event->number + event->a + event->b;
  records++;
  return 0;
}

static int decode(void *context, void *data, size_t size) {
  static struct event kept[4096];
  struct event *event = &kept[records % 4096];
  if (size < sizeof(*event)) return -1;
  memcpy(event, data, sizeof(*event));
  sum += event->number + event->a + event->b + event->c + event->d + event->e + event->f + event->g + event->h;
  records++;
  return 0;
}

int main(int argc, char **argv) {
  enum { BATCHES = 30, RECORDS = 200000 };
  struct bpf_object *object = bpf_object__open(argv[1]);
  if (!object || bpf_object__load(object)) return 1;
  int program = bpf_program__fd(bpf_object__find_program_by_name(object, "fill"));
  int map = bpf_map__fd(bpf_object__find_map_by_name(object, "events"));
  ring_buffer_sample_fn use = !strcmp(argv[2], "count") ? count : !strcmp(argv[2], "some") ? some : decode;
  struct ring_buffer *ring = ring_buffer__new(map, use, NULL, NULL);
  char packet[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = RECORDS);
  for (int batch = 0; batch < BATCHES; batch++) {
    if (bpf_prog_test_run_opts(program, &options)) return 1;
    records = 0;
    double start = now();
    ring_buffer__consume(ring);
    double time = now() - start;
    if (records != RECORDS) return 1;
    printf("%f\n", time / RECORDS);
  }
  return sum == 0;
}
