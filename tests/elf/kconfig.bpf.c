// targets: bpfel bpfeb
// Variables of every type that the kernel's configuration can set.
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_BPF_JIT __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[9] __kconfig __weak;
extern const char CONFIG_MODULES __kconfig __weak;
extern unsigned long CONFIG_HZ __kconfig __weak;
extern __u16 CONFIG_SHORT __kconfig __weak;

SEC("raw_tp/sys_enter")
long use(void *ctx) {
  return LINUX_KERNEL_VERSION + CONFIG_BPF_SYSCALL + CONFIG_BPF_JIT + CONFIG_DEFAULT_HOSTNAME[1] + CONFIG_MODULES +
         CONFIG_HZ + CONFIG_SHORT;
}

char LICENSE[] SEC("license") = "GPL";
