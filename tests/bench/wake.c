// Waits for events with libbpf, one after the other, as tests/bench/wake.ts does. Prints how long each took from the program, in us.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1000 };

static int program, count;

static int on_record(void *context, void *data, size_t size) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  printf("%f\n", (t.tv_sec * 1000000000ull + t.tv_nsec - *(unsigned long long *)data) / 1e3);
  count++;
  return 0;
}

static void *send(void *context) {
  char packet[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet));
  for (int i = 0; i < EVENTS; i++) {
    usleep(1000);
    if (bpf_prog_test_run_opts(program, &options)) break;
  }
  return NULL;
}

int main(int argc, char **argv) {
  struct bpf_object *object = bpf_object__open(argv[1]);
  if (!object || bpf_object__load(object)) return 1;
  program = bpf_program__fd(bpf_object__find_program_by_name(object, "wake"));
  int map = bpf_map__fd(bpf_object__find_map_by_name(object, "events"));
  struct ring_buffer *ring = ring_buffer__new(map, on_record, NULL, NULL);
  pthread_t sender;
  if (pthread_create(&sender, NULL, send, NULL)) return 1;
  while (count < EVENTS)
    if (ring_buffer__poll(ring, -1) < 0) return 1;
  return 0;
}
