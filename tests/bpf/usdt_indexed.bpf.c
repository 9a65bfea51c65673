// Keeps what a probe of a program says by way of a map whose values are laid out in another way than those of libbpf 1.1.
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

#define MAX_ARGUMENTS 3

enum __bpf_usdt_arg_type { BPF_USDT_ARG_SIB = 5, BPF_USDT_ARG_CONST, BPF_USDT_ARG_REG, BPF_USDT_ARG_REG_DEREF };

struct argument {
  __u16 idx_reg_off : 12;
  __u16 scale_bitshift : 4;
  short reg_off;
  __u8 : 3;
  enum __bpf_usdt_arg_type arg_type : 5;
  __u8 arg_bitshift;
  _Bool arg_signed;
  __u64 val_off;
};

struct spec {
  short arg_cnt;
  __u64 usdt_cookie;
  struct argument args[MAX_ARGUMENTS];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, struct spec);
} __bpf_usdt_specs SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u64);
} sums SEC(".maps"); // of the first argument, by process

SEC("?usdt") int on_indexed(struct pt_regs *ctx) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  int id = bpf_get_attach_cookie(ctx);
  struct spec *spec = bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
  if (!spec || spec->arg_cnt < 1 || spec->args[0].arg_type != BPF_USDT_ARG_SIB) return 0;
  struct argument *argument = &spec->args[0];
  __u64 base = 0, index = 0, value = 0;
  bpf_probe_read_kernel(&base, sizeof(base), (void *)ctx + argument->reg_off);
  bpf_probe_read_kernel(&index, sizeof(index), (void *)ctx + argument->idx_reg_off);
  bpf_probe_read_user(&value, sizeof(value),
                      (void *)(base + (index << argument->scale_bitshift) + argument->val_off));
  value <<= argument->arg_bitshift;
  value = argument->arg_signed ? (__s64)value >> argument->arg_bitshift : value >> argument->arg_bitshift;
  value += spec->usdt_cookie;
  bpf_map_update_elem(&sums, &process, &value, BPF_ANY);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
