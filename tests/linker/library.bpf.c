// targets: bpfel bpfeb
/* What main.bpf.c needs, with static names that it has too. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct library_state {
	int calls;
};

struct event {
	__u64 time;
	__u32 kind;
	struct library_state *state;
};

extern struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct event);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} shared SEC(".maps") __weak;

extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern int strong;
extern int never __weak;

int limit = 100;
volatile const int verbose = 2;
const char library_name[] = "library";
int threshold = 9;
__weak int unused_value = 3;

static volatile int state = 5;
static volatile char narrow = 1;

struct operand {
	int value;
};

__noinline int scale(struct operand *operand, int factor)
{
	return operand ? operand->value * factor : 0;
}

int adjust(int x)
{
	return x + 1000;
}

extern int offset(int x) __weak;
extern int concealed(int x);

static __noinline int helper(int x)
{
	state += x * narrow;
	return state;
}

static __noinline int second(int x)
{
	return x * state;
}

static long callback(__u32 index, void *context)
{
	*(int *)context += 2 * index;
	return 0;
}

SEC("socket")
int run_library(struct __sk_buff *skb)
{
	__u32 key = 2;
	struct event *event = bpf_map_lookup_elem(&events, &key);
	int sum = 0;

	bpf_map_lookup_elem(&shared, &key);
	bpf_loop(3, callback, &sum, 0);
	bpf_printk("library: %d", sum);
	if (event)
		event->kind = 0;
	/* 6 + (5 + 10) + (2 + 40) + (3 + 5) + (15 * 2), and 1 for the version */
	return sum + helper(10) + offset(2) + concealed(3) + second(2) + (LINUX_KERNEL_VERSION > 0);
}

struct task_struct {
	char comm[16];
	int tgid;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int trace_process(void *context)
{
	static const char format[] SEC(".rodata.formats") = "value: %d";
	struct task_struct *task = (void *)bpf_get_current_task();
	int tgid = 0;

	bpf_trace_printk(format, sizeof(format), strong + never + unused_value);
	bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
	return tgid;
}
