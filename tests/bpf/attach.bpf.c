// Says in its sections where it attaches, and counts how often each program runs: at mkdirat(2), which runtimes do not
// call by themselves.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct seq_file;
struct bpf_iter_meta {
  struct seq_file *seq;
} __attribute__((preserve_access_index));
struct bpf_iter__task {
  struct bpf_iter_meta *meta;
} __attribute__((preserve_access_index));

const volatile __u32 thread; // whose calls count
const volatile __u64 mkdirat; // its number

__u64 on_tracepoint_hits, on_raw_hits, on_typed_hits, on_call_hits, on_return_hits, on_syscall_hits, on_function_hits;
__u64 on_functions_hits, on_session_hits;
__u64 on_user_hits, on_users_hits, on_packet_hits, on_ingress_hits, on_egress_hits;
__u64 on_request_hits, on_tick_hits, on_lookup_hits;

static __always_inline int count(__u64 *hits) {
  if ((__u32)bpf_get_current_pid_tgid() == thread) __sync_fetch_and_add(hits, 1);
  return 0;
}

SEC("tp/syscalls/sys_enter_mkdirat") int on_tracepoint(void *ctx) { return count(&on_tracepoint_hits); }

SEC("raw_tp/sys_enter") int on_raw(struct bpf_raw_tracepoint_args *ctx) {
  return ctx->args[1] == mkdirat ? count(&on_raw_hits) : 0;
}

SEC("tp_btf/sys_enter") int on_typed(__u64 *ctx) {
  return ctx[1] == mkdirat ? count(&on_typed_hits) : 0;
}

SEC("iter/task") int on_task(struct bpf_iter__task *ctx) {
  static const char line[] = "task\n";
  bpf_seq_write(ctx->meta->seq, line, sizeof(line) - 1);
  return 0;
}

SEC("?kprobe/do_mkdirat") int on_call(void *ctx) { return count(&on_call_hits); }
SEC("?kretprobe/do_mkdirat") int on_return(void *ctx) { return count(&on_return_hits); }
SEC("?ksyscall/mkdirat") int on_syscall(void *ctx) { return count(&on_syscall_hits); }
SEC("?fentry/do_mkdirat") int on_function(void *ctx) { return count(&on_function_hits); }
SEC("?kprobe.multi/do_mkdira?") int on_functions(void *ctx) { return count(&on_functions_hits); }
SEC("?kprobe.session/do_mkdirat") int on_session(void *ctx) { return count(&on_session_hits); }

SEC("?uprobe/no_such_file:waggle_first+4") int on_user(void *ctx) { __sync_fetch_and_add(&on_user_hits, 1); return 0; }
SEC("?uprobe.multi") int on_users(void *ctx) { __sync_fetch_and_add(&on_users_hits, 1); return 0; }

// What follows leaves its place open
SEC("xdp") int on_packet(struct xdp_md *ctx) { __sync_fetch_and_add(&on_packet_hits, 1); return XDP_PASS; }
SEC("tc/ingress") int on_ingress(void *ctx) { __sync_fetch_and_add(&on_ingress_hits, 1); return -1; }
SEC("cgroup_skb/egress") int on_egress(void *ctx) { __sync_fetch_and_add(&on_egress_hits, 1); return 1; }
SEC("sk_lookup") int on_lookup(void *ctx) { __sync_fetch_and_add(&on_lookup_hits, 1); return SK_PASS; }
SEC("perf_event") int on_tick(void *ctx) { __sync_fetch_and_add(&on_tick_hits, 1); return 0; }

// These are not attached
SEC("syscall") int on_request(void *ctx) { on_request_hits++; return 0; }
SEC("tc") int on_filter(void *ctx) { return 0; }
SEC("xdp/cpumap") int on_cpu(struct xdp_md *ctx) { return XDP_PASS; }

char LICENSE[] SEC("license") = "GPL";
