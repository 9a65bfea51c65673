// What the codecs of layout_difference_test.ts are compared with, but for typedefs of the integers.
struct in6_addr { union { u8 u6_addr8[16]; u16 u6_addr16[8]; u32 u6_addr32[4]; } in6_u; };
typedef struct { u32 val; } kuid_t;
enum state { RUNNING, SLEEPING };
struct place { u16 port; u16 family; const volatile u32 address; };
struct event {
	u64 time;
	u32 tgid;
	u32 pid;
	char comm[16];
	struct place places[2];
	enum state state;
	kuid_t uid;
	float ratio;
	union {
		u64 whole;
		struct { u32 low; u32 high; };
	};
	struct { u32 inner; u8 data[12]; } named;
	struct in6_addr source;
	void *task;
};
struct flags { u32 a : 3; u32 b : 5; u32 : 0; i32 c : 32; _Bool d : 1; };
struct gap { u8 a; u32 b; };
struct list { u32 count; u64 values[]; };
union either { u64 number; struct place place; };
struct event event; struct flags flags; struct gap gap; struct list list; union either either;
u32 number; u32 numbers[4]; u32 grid[2][3]; u8 raw[16]; double precise; typedef const u64 stamp; stamp when;
