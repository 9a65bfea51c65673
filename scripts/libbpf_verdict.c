/*
 * libbpf's verdict on BPF objects, a line of JSON for each: its maps and programs as opened and, of each program, whether
 * the kernel takes it and under which tag.
 *
 *   cc -O2 -o libbpf_verdict libbpf_verdict.c -lbpf
 *   libbpf_verdict FILE...
 *
 * A program is loaded without the others, in a process of its own: one that takes too long, or libbpf down with it, says
 * nothing about the next. Nothing stays loaded or pinned.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_PER_PROGRAM = 30 };

static void print_string(const char *key, const char *value) {
  printf("\"%s\":\"", key);
  for (const unsigned char *at = (const unsigned char *)value; *at; at++) {
    bool plain = *at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\';
    printf(plain ? "%c" : "\\u%04x", *at);
  }
  putchar('"');
}

static void print_maps(struct bpf_object *object) {
  const char *separator = "";
  struct bpf_map *map;
  bpf_object__for_each_map(map, object) {
    printf("%s{", separator);
    print_string("name", bpf_map__name(map));
    printf(",\"type\":%u,\"keySize\":%u,\"valueSize\":%u,\"maxEntries\":%u,\"flags\":%u}", bpf_map__type(map),
           bpf_map__key_size(map), bpf_map__value_size(map), bpf_map__max_entries(map), bpf_map__map_flags(map));
    separator = ",";
  }
}

static bool print_loaded(struct bpf_program *program) {
  struct bpf_prog_info info = {};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size)) return false;
  printf(",\"ok\":true,\"instructions\":%zu,\"loadedTag\":\"", bpf_program__insn_cnt(program));
  for (size_t at = 0; at < sizeof(info.tag); at++) printf("%02x", info.tag[at]);
  printf("\"}");
  return true;
}

/* The object is opened anew: libbpf loads one only once. */
static bool load_alone(const char *path, const char *name) {
  struct bpf_object *object = bpf_object__open_file(path, NULL);
  struct bpf_program *program;
  struct bpf_map *map;
  if (!object) return false;
  bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
  bpf_object__for_each_program(program, object)
    bpf_program__set_autoload(program, strcmp(bpf_program__name(program), name) == 0);
  return bpf_object__load(object) == 0 && print_loaded(bpf_object__find_program_by_name(object, name));
}

/* What the child prints it prints whole, when it ends. */
static bool load_in_child(const char *path, const char *name) {
  int status = 0;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    alarm(SECONDS_PER_PROGRAM);
    bool loaded = load_alone(path, name);
    fflush(stdout);
    _exit(loaded ? 0 : 1);
  }
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void print_programs(struct bpf_object *object, const char *path) {
  const char *separator = "";
  struct bpf_program *program;
  bpf_object__for_each_program(program, object) {
    printf("%s{", separator);
    print_string("name", bpf_program__name(program));
    putchar(',');
    print_string("section", bpf_program__section_name(program));
    printf(",\"type\":%u,\"attachType\":%u", bpf_program__type(program), bpf_program__expected_attach_type(program));
    if (!load_in_child(path, bpf_program__name(program))) printf(",\"ok\":false}");
    separator = ",";
  }
}

int main(int argc, char **argv) {
  libbpf_set_print(NULL);
  for (int i = 1; i < argc; i++) {
    struct bpf_object *object = bpf_object__open_file(argv[i], NULL);
    putchar('{');
    print_string("file", argv[i]);
    printf(",\"ok\":%s,\"maps\":[", object ? "true" : "false");
    if (object) print_maps(object);
    printf("],\"programs\":[");
    if (object) print_programs(object, argv[i]);
    printf("]}\n");
    bpf_object__close(object);
  }
  return 0;
}
