// Prints on both streams of the program. The function is of Linux 6.18; 6.17 has it without the ending.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int bpf_stream_vprintk_impl(int stream_id, const char *fmt__str, const void *args, __u32 len__sz,
                                   void *aux__prog) __ksym __weak;

SEC("syscall")
int prints(void *ctx) {
  if (!bpf_stream_vprintk_impl) return 1;
  __u64 number[1] = {42};
  bpf_stream_vprintk_impl(1, "to stdout: %d\n", number, sizeof(number), 0);
  int error = bpf_stream_vprintk_impl(2, "to stderr\n", number, 0, 0);
  return error;
}

char LICENSE[] SEC("license") = "GPL";
