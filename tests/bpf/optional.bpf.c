// Programs that load, programs that do not, and programs that have to be asked for.
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
  int no_such_field;
} __attribute__((preserve_access_index));

struct no_such_struct {
  int field;
} __attribute__((preserve_access_index));

SEC("xdp")
int good(struct xdp_md *ctx) { return 1; }

SEC("xdp")
int refused(struct xdp_md *ctx) { return *(__u8 *)(long)ctx->data; }

SEC("?xdp")
int asked(struct xdp_md *ctx) { return 2; }

// Reads a field that no kernel has
SEC("?raw_tp")
int poisoned(void *ctx) {
  struct task_struct *task = (void *)bpf_get_current_task();
  return BPF_CORE_READ(task, no_such_field);
}

// Would read it where a kernel has it
SEC("?raw_tp")
int guarded(void *ctx) {
  struct no_such_struct *object = (void *)bpf_get_current_task();
  return bpf_core_field_exists(object->field) ? BPF_CORE_READ(object, field) : 3;
}

SEC("tp_btf/sched_switchh")
int nowhere(void *ctx) { return 0; }

char LICENSE[] SEC("license") = "GPL";
