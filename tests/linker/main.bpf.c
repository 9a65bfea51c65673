// targets: bpfel bpfeb
/* Uses what library.bpf.c defines, and defines what that uses. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

enum { SMALL = 1, LARGE = 2 };

struct event {
	__u64 time;
	__u32 kind;
	struct library_state *state;
};

/* Defined here, declared there. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct event);
} events SEC(".maps");

/* The other way round, so that the first object only declares it. */
extern struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

/* Weak in both. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} shared SEC(".maps") __weak;

extern int CONFIG_HZ __kconfig __weak;
extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern const void bpf_prog_active __ksym __weak;

extern int limit;
extern volatile const int verbose;
extern const char library_name[];

/* Weak here, and the library has a stronger one; and the other way round. */
__weak int threshold = 7;
int strong = 40;
__weak int never = 1;

volatile const char padding = 1;
static volatile int state = 1;
static volatile __u64 wide_state = 3;
__hidden int hidden_here = 5;

struct operand {
	int value;
};

extern int scale(struct operand *operand, int factor);
__weak int adjust(int x)
{
	return x + 1;
}
__noinline int offset(int x)
{
	return x + strong;
}
__hidden __noinline int concealed(int x)
{
	return x + hidden_here;
}

static __noinline int helper(int x)
{
	state += x;
	return state;
}

/* The second static function, which clang calls by the section and a distance. */
static __noinline int second(int x)
{
	wide_state += x;
	return wide_state;
}

static long callback(__u32 index, void *context)
{
	*(int *)context += index;
	return 0;
}

SEC("socket")
int run_main(struct __sk_buff *skb)
{
	struct operand operand = { .value = 2 };
	__u32 key = SMALL;
	__u64 *total = bpf_map_lookup_elem(&totals, &key);
	int sum = 0;

	bpf_map_lookup_elem(&events, &key);
	bpf_map_lookup_elem(&shared, &key);
	bpf_loop(3, callback, &sum, 0);
	bpf_printk("main: %d", sum);
	if (total)
		*total += verbose;
	/* 3 + 100 + 20 + 1001 + (1 + 10) + (3 + 20) + 9 */
	return sum + limit + scale(&operand, 10) + adjust(1) + helper(10) + second(20) + threshold;
}

/* A part of the kernel's, of which the library declares another. */
struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int trace_pid(void *context)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
	return pid;
}

SEC("socket")
int run_kernel(struct __sk_buff *skb)
{
	return (LINUX_KERNEL_VERSION > 0) + (&bpf_prog_active == (void *)skb) + (CONFIG_HZ < 0) + library_name[0];
}
