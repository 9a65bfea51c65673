/*
 * Prints, as JSON, what libbpf makes of things. Arguments: an object file or "", a file with the types of the kernel
 * ("running" for those of this machine) or "", section names.
 *
 * Of the object the maps and programs as opened and, where types are given, the instructions after all relocations;
 * that a map or program cannot be loaded does not matter then. Of the section names what they mean.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int print(enum libbpf_print_level level, const char *format, va_list arguments) {
  return 0;
}

static void print_maps(struct bpf_object *object) {
  const char *comma = "";
  struct bpf_map *map;
  bpf_object__for_each_map(map, object) {
    size_t size = 0;
    const unsigned char *contents = bpf_map__initial_value(map, &size);
    printf("%s\n  {\"name\": \"%s\", \"type\": %u, \"keySize\": %u, \"valueSize\": %u, \"maxEntries\": %u, ", comma,
           bpf_map__name(map), bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map),
           bpf_map__max_entries(map));
    printf("\"flags\": %u, \"mapExtra\": %llu, \"numaNode\": %u, \"pinned\": %s, ", bpf_map__map_flags(map),
           (unsigned long long)bpf_map__map_extra(map), bpf_map__numa_node(map),
           bpf_map__pin_path(map) ? "true" : "false");
    printf("\"keyTypeId\": %u, \"valueTypeId\": %u, \"contents\": \"", bpf_map__btf_key_type_id(map),
           bpf_map__btf_value_type_id(map));
    for (size_t at = 0; contents && at < size; at++) printf("%02x", contents[at]);
    printf("\"}");
    comma = ",";
  }
}

static void print_programs(struct bpf_object *object) {
  const char *comma = "";
  struct bpf_program *program;
  bpf_object__for_each_program(program, object) {
    printf("%s\n  {\"name\": \"%s\", \"section\": \"%s\", \"type\": %u, \"attachType\": %u, \"flags\": %u, \"autoload\": %s}",
           comma, bpf_program__name(program), bpf_program__section_name(program), bpf_program__type(program),
           bpf_program__expected_attach_type(program), bpf_program__flags(program),
           bpf_program__autoload(program) ? "true" : "false");
    comma = ",";
  }
}

static void print_instructions(struct bpf_object *object) {
  const char *comma = "";
  struct bpf_program *program;
  bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, true);
  bpf_object__load(object);
  bpf_object__for_each_program(program, object) {
    const unsigned char *bytes = (const unsigned char *)bpf_program__insns(program);
    printf("%s\n  {\"name\": \"%s\", \"bytes\": \"", comma, bpf_program__name(program));
    for (size_t at = 0; at < bpf_program__insn_cnt(program) * sizeof(struct bpf_insn); at++) printf("%02x", bytes[at]);
    printf("\"}");
    comma = ",";
  }
}

static void print_sections(char **names, int count) {
  for (int i = 0; i < count; i++) {
    enum bpf_prog_type type = 0;
    enum bpf_attach_type attach = 0;
    bool known = libbpf_prog_type_by_name(names[i], &type, &attach) == 0;
    printf("%s\n  {\"name\": \"%s\", \"known\": %s, \"type\": %u, \"attachType\": %u}", i ? "," : "", names[i],
           known ? "true" : "false", type, attach);
  }
}

int main(int argc, char **argv) {
  struct bpf_object *object = NULL;
  libbpf_set_print(print);
  if (argc < 3) return 2;
  const char *types = argv[2];
  if (*argv[1]) {
    /* All that kconfig.bpf.c declares, so that libbpf needs no configuration of a kernel. */
    LIBBPF_OPTS(bpf_object_open_opts, options,
                .kconfig = "CONFIG_BPF_SYSCALL=y\nCONFIG_BPF_JIT=m\nCONFIG_DEFAULT_HOSTNAME=\"host\"\n"
                           "CONFIG_MODULES=y\nCONFIG_HZ=250\nCONFIG_SHORT=3\n");
    if (*types && strcmp(types, "running")) options.btf_custom_path = types;
    object = bpf_object__open_file(argv[1], &options);
    if (!object) return 1;
  }
  printf("{\"maps\": [");
  if (object) print_maps(object);
  printf("],\n\"programs\": [");
  if (object) print_programs(object);
  printf("],\n\"instructions\": [");
  if (object && *types) print_instructions(object);
  printf("],\n\"sections\": [");
  print_sections(argv + 3, argc - 3);
  printf("]}\n");
  bpf_object__close(object);
  return 0;
}
