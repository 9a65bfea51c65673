// targets: bpfel bpfeb
// Programs that share functions in .text: static, global, weak, recursive in their order, and as callbacks.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 total;

static __noinline int leaf(int a) { return a * bpf_get_prandom_u32(); }

__noinline int shared(int a) { return leaf(a) + 1; }

static __noinline int deep(int a) { return shared(a) - leaf(a + 3); }

__weak __noinline int replaceable(int a) { return a ^ bpf_get_smp_processor_id(); }

__attribute__((visibility("hidden"))) __noinline int hidden(int a) { return replaceable(a) + a; }

static long on_iteration(__u32 index, void *context) {
  total += leaf(index);
  return 0;
}

SEC("raw_tp/sys_enter")
int first(void *ctx) { return deep(1) + leaf(2) + hidden(3); }

SEC("raw_tp/sys_enter")
int second(void *ctx) {
  int sum = hidden(4) + shared(5);
  bpf_loop(10, on_iteration, 0, 0);
  return sum;
}

SEC("tp/sched/sched_process_exit")
int alone(void *ctx) { return 0; }

char LICENSE[] SEC("license") = "Dual MIT/GPL";
