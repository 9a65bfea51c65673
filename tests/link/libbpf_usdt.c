// libbpf's view of probes: libbpf_usdt OBJECT FILE PROVIDER NAME COOKIE PROGRAM [ARGUMENT...] attaches, runs the program, and
// prints what the BPF program kept of it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct seen {
  long long unsigned hits;
  long long cookie;
  int count, padding;
  long long arguments[12];
  int errors[13], more_padding;
};

static int quiet(enum libbpf_print_level level, const char *format, va_list args) {
  return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int count, char **texts) {
  if (count < 7) return 2;
  libbpf_set_print(quiet);
  struct bpf_object *object = bpf_object__open_file(texts[1], NULL);
  if (!object) return 1;
  struct bpf_program *program = bpf_object__find_program_by_name(object, "on_probe");
  if (bpf_program__set_autoload(program, true) || bpf_object__load(object)) return 1;
  LIBBPF_OPTS(bpf_usdt_opts, options, .usdt_cookie = strtoull(texts[5], NULL, 0));
  struct bpf_link *link = bpf_program__attach_usdt(program, -1, texts[2], texts[3], texts[4], &options);
  if (!link) return 1;
  unsigned child = fork();
  if (child == 0) {
    freopen("/dev/null", "w", stdout);
    execv(texts[6], texts + 6);
    _exit(127);
  }
  int status;
  waitpid(child, &status, 0);
  struct seen seen = {};
  int map = bpf_object__find_map_fd_by_name(object, "seen");
  if (bpf_map_lookup_elem(map, &child, &seen)) return 1;
  printf("{\"hits\":%llu,\"cookie\":%lld,\"count\":%d,\"arguments\":[", seen.hits, seen.cookie, seen.count);
  for (int i = 0; i < 12; i++) printf("%s\"%lld\"", i ? "," : "", seen.arguments[i]);
  printf("],\"errors\":[");
  for (int i = 0; i < 13; i++) printf("%s%d", i ? "," : "", seen.errors[i]);
  printf("]}\n");
  bpf_link__destroy(link);
  bpf_object__close(object);
  return status != 0;
}
