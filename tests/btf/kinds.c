// Every kind of BTF that clang emits for BPF. Made into kinds.{el,eb}.{btf,ext} by:
//
//   for order in el eb; do
//     clang -g -O2 -ffile-compilation-dir=. --target=bpf$order -c kinds.c -o kinds.o
//     llvm-objcopy --dump-section .BTF=kinds.$order.btf --dump-section .BTF.ext=kinds.$order.ext kinds.o
//   done

#define SEC(name) __attribute__((section(name), used))

typedef unsigned int u32;
typedef unsigned long long u64;

enum small { SMALL_A, SMALL_B = 7, SMALL_MAX = 0xffffffff };
enum negative { NEGATIVE = -3, POSITIVE = 3 };
enum big { BIG = 0x1234567890abcdef, BIG_MAX = 0xffffffffffffffff };
enum big_negative { BIG_NEGATIVE = -0x1234567890abcdef };

struct unknown;
union unknown_union;

struct inner {
	char text[16];
	short number;
};

#define tag(name) __attribute__((btf_decl_tag(name)))
#define user __attribute__((btf_type_tag("user")))

struct everything {
	_Bool flag;
	signed char tiny;
	u64 wide;
	int plain : 5;
	unsigned int bits : 9;
	u64 wide_bits : 40;
	enum small small;
	enum negative negative;
	enum big big;
	enum big_negative big_negative;
	union {
		int a;
		struct inner b;
	};
	struct inner inner[2][3] tag("nested");
	const volatile u32 *qualified;
	int user *tagged;
	struct unknown *unknown;
	union unknown_union *unknown_union;
	int *restrict restricted;
	void (*callback)(void *context, const char *format, ...);
	float single;
	double twice;
	char last[];
} tag("whole");

struct packed {
	char a;
	long b;
} __attribute__((packed));

struct everything *pointer SEC(".data.custom");
int counter = 1;
static volatile int hidden_counter = 2;
const volatile u64 limit = 10;
int zeroed[4];
extern int outside __attribute__((section(".ksyms")));

struct everything___flavour {
	u64 wide;
} __attribute__((preserve_access_index));

struct packed packed_value;

__attribute__((noinline)) static int sub(u32 value)
{
	return value + hidden_counter;
}

__attribute__((noinline)) int exported(u32 value tag("argument"))
{
	return sub(value) * counter;
}

SEC("first") int one(struct everything___flavour *argument)
{
	return argument->wide + zeroed[1] + limit + exported(argument->wide);
}

SEC("second") int two(struct everything___flavour *argument)
{
	return __builtin_preserve_field_info(argument->wide, 2) + (long)&outside + packed_value.b;
}
