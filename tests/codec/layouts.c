// Prints the layout of each struct, and the bytes of the value that _layouts.ts has for it.
#include <stdio.h>
#include <string.h>
#include "layouts.h"

#define FIELD(type, field, size) printf(" %s:%zu:%zu", #field, offsetof(struct type, field), (size_t)(size))
#define F(type, field) FIELD(type, field, sizeof(((struct type *)0)->field))
#define BEGIN(type) printf("%s %zu %zu", #type, sizeof(struct type), _Alignof(struct type))
#define BYTES(value, size) bytes(&(value), size)

static void bytes(const void *start, size_t size)
{
	printf(" ");
	for (size_t i = 0; i < size; i++)
		printf("%02x", ((const u8 *)start)[i]);
	printf("\n");
}

int main(void)
{
	{
		static struct one v = { 0xff };
		BEGIN(one); F(one, a); BYTES(v, sizeof v);
	}
	{
		static struct gaps v = { 1, 0x1122334455667788, 3 };
		BEGIN(gaps); F(gaps, a); F(gaps, b); F(gaps, c); BYTES(v, sizeof v);
	}
	{
		static struct ordered v = { 0xffffffffffffffff, 0xfffffffe, 0xfffd, 0xfc };
		BEGIN(ordered); F(ordered, a); F(ordered, b); F(ordered, c); F(ordered, d); BYTES(v, sizeof v);
	}
	{
		static struct event v = { 123456789012345, 42, 1000, -13, 9007199254740991, 0x80000000, "h\xc3\xa9llo" };
		BEGIN(event); F(event, time); F(event, pid); F(event, uid); F(event, status); F(event, wide);
		F(event, flags); F(event, comm); BYTES(v, sizeof v);
	}
	{
		static struct signs v = { -128, -32768, -2147483647 - 1, -9223372036854775807 - 1, 1 };
		BEGIN(signs); F(signs, a); F(signs, b); F(signs, c); F(signs, d); F(signs, e); BYTES(v, sizeof v);
	}
	{
		static struct network v;
		memcpy(&v.port, "\x01\xbb", 2); // htons(443)
		memcpy(&v.address, "\xc0\xa8\x01\x02", 4); // 192.168.1.2
		memcpy(&v.other, "\xff\xfe", 2);
		BEGIN(network); F(network, port); F(network, address); F(network, other); BYTES(v, sizeof v);
	}
	{
		static struct odd v = { 1, { 2, 3, 4, 5, 6 }, 7 };
		BEGIN(odd); F(odd, head); F(odd, middle); F(odd, tail); BYTES(v, sizeof v);
	}
	{
		static struct outer v = { 1, { 2, 3 }, 4 };
		BEGIN(outer); F(outer, a); F(outer, b); F(outer, c); BYTES(v, sizeof v);
	}
	{
		static struct table v = { 1, { { 2, 3 }, { 4, 5 }, { 6, 7 } }, { { 8, 9 }, { 10, 11 } } };
		BEGIN(table); F(table, a); F(table, rows); F(table, cells); BYTES(v, sizeof v);
	}
	{
		static struct packed v = { 1, 2, 3, { 4, 5 } };
		BEGIN(packed); F(packed, a); F(packed, b); F(packed, c); F(packed, d); BYTES(v, sizeof v);
	}
	{
		static struct holder v = { 1, { 2, 3, 4, { 5, 6 } }, 7 };
		BEGIN(holder); F(holder, a); F(holder, b); F(holder, c); BYTES(v, sizeof v);
	}
	{
		static struct { struct flexible v; u8 more[8]; } v = { { 6, 1 } };
		memcpy(v.v.data, "abcdef", 6);
		BEGIN(flexible); F(flexible, length); F(flexible, kind); FIELD(flexible, data, 0);
		BYTES(v, offsetof(struct flexible, data) + 6);
	}
	{
		static struct wide v = { 0xfedcba9876543210, "x" };
		BEGIN(wide); F(wide, a); F(wide, b); BYTES(v, sizeof v);
	}
	return 0;
}
