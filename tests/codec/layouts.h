// The structs of _layouts.ts in C.
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;

struct one { u8 a; };
struct gaps { u8 a; u64 b; u8 c; };
struct ordered { u64 a; u32 b; u16 c; u8 d; };
struct event { u64 time; u32 pid; u32 uid; i32 status; u64 wide; u32 flags; char comm[16]; };
struct signs { i8 a; i16 b; i32 c; i64 d; _Bool e; };
struct network { u16 port; u32 address; u16 other; };
struct odd { u8 head; u8 middle[5]; u16 tail; };
struct inner { u8 a; u32 b; };
struct outer { u8 a; struct inner b; u8 c; };
struct table { u8 a; u16 rows[3][2]; struct inner cells[2]; };
struct packed { u8 a; u64 b; u16 c; struct inner d; } __attribute__((packed));
struct holder { u8 a; struct packed b; u32 c; };
struct flexible { u32 length; u8 kind; u8 data[]; };
struct wide { u64 a; char b[2]; };
