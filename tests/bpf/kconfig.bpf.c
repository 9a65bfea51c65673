// Values of the kernel's configuration, copied to where the test can look.
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool LINUX_HAS_BPF_COOKIE __kconfig;
extern bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_BPF_JIT __kconfig;
extern char CONFIG_NET __kconfig;
extern unsigned long CONFIG_HZ __kconfig;
extern unsigned long CONFIG_ILLEGAL_POINTER_VALUE __kconfig __weak;
extern char CONFIG_DEFAULT_TCP_CONG[3] __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig __weak;
extern int CONFIG_WAGGLE_NONE __kconfig __weak;
extern enum libbpf_tristate CONFIG_WAGGLE_STATE __kconfig __weak;
extern signed char CONFIG_WAGGLE_CHAR __kconfig __weak;
extern __s16 CONFIG_WAGGLE_SHORT __kconfig __weak;
extern bool CONFIG_WAGGLE_BOOL __kconfig __weak;

struct {
  __u64 hz;
  __u64 illegal;
  __u32 version;
  __s32 none;
  __u32 jit;
  __u32 state;
  __s16 number;
  __s8 letter;
  __u8 net;
  __u8 cookie;
  __u8 wrapper;
  __u8 bpf;
  __u8 truth;
  char congestion[4];
  char host[16];
} seen;

SEC("xdp")
int look(struct xdp_md *ctx) {
  seen.hz = CONFIG_HZ;
  seen.illegal = CONFIG_ILLEGAL_POINTER_VALUE;
  seen.version = LINUX_KERNEL_VERSION;
  seen.none = CONFIG_WAGGLE_NONE;
  seen.jit = CONFIG_BPF_JIT;
  seen.state = CONFIG_WAGGLE_STATE;
  seen.number = CONFIG_WAGGLE_SHORT;
  seen.letter = CONFIG_WAGGLE_CHAR;
  seen.net = CONFIG_NET;
  seen.cookie = LINUX_HAS_BPF_COOKIE;
  seen.wrapper = LINUX_HAS_SYSCALL_WRAPPER;
  seen.bpf = CONFIG_BPF_SYSCALL;
  seen.truth = CONFIG_WAGGLE_BOOL;
  for (int i = 0; i < 3; i++) seen.congestion[i] = CONFIG_DEFAULT_TCP_CONG[i];
  for (int i = 0; i < 16; i++) seen.host[i] = CONFIG_DEFAULT_HOSTNAME[i];
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
