// Counts what probes and perf events run for. Each program is loaded on its own: no kernel has them all.
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps"); // by process, thread or cookie

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u64);
  __type(value, __u64);
} cookies SEC(".maps");

extern _Bool bpf_session_is_return(void) __ksym __weak;
extern __u64 *bpf_session_cookie(void) __ksym __weak;

static __always_inline void count(__u32 key) {
  __u64 *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&hits, &key, &(__u64){1}, BPF_ANY);
}

static __always_inline void count_cookie(__u64 cookie) {
  __u64 *hit = bpf_map_lookup_elem(&cookies, &cookie);
  if (hit) __sync_fetch_and_add(hit, 1);
  else bpf_map_update_elem(&cookies, &cookie, &(__u64){1}, BPF_ANY);
}

static __always_inline int count_process(void *ctx) {
  count_cookie(bpf_get_attach_cookie(ctx));
  count(bpf_get_current_pid_tgid() >> 32);
  return 0;
}

static __always_inline int count_thread(void *ctx) {
  count_cookie(bpf_get_attach_cookie(ctx));
  count(bpf_get_current_pid_tgid());
  return 0;
}

SEC("?uprobe") int on_user(void *ctx) { return count_process(ctx); }
SEC("?uprobe.multi") int on_users(void *ctx) { return count_process(ctx); }
SEC("?kprobe") int on_kernel(void *ctx) { return count_thread(ctx); }
SEC("?kprobe.multi") int on_kernels(void *ctx) { return count_thread(ctx); }

// A call counts 1, a return with the session's own value 10 under a key of its own.
static __always_inline int count_session(__u32 key) {
  __u64 *session = bpf_session_cookie();
  if (!bpf_session_is_return()) {
    *session = key;
    count(key);
  } else if (*session == key) {
    for (int i = 0; i < 10; i++) count(key + 1000000);
  }
  return 0;
}

SEC("?uprobe.session") int on_user_session(void *ctx) {
  return count_session(bpf_get_current_pid_tgid() >> 32);
}

SEC("?kprobe.session") int on_kernel_session(void *ctx) {
  return count_session(bpf_get_current_pid_tgid());
}

// Page faults of a program that maps its memory there.
SEC("?perf_event") int on_fault(struct bpf_perf_event_data *ctx) {
  if (ctx->addr >> 40 == 6) count_process(ctx);
  return 0;
}

SEC("?perf_event") int on_tick(struct bpf_perf_event_data *ctx) {
  count_cookie(bpf_get_attach_cookie(ctx));
  count(bpf_get_smp_processor_id());
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
