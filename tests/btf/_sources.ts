/**
 * Two objects in C that know different parts of the same, and some things of one name that are not the same.
 *
 * @module
 */

/** Knows `struct list`, but not what is in `struct later`. */
export const FIRST = `
struct later;
enum early;
struct list { struct later *later; struct list *next; enum early *early; };
struct bits { int a : 3; int b : 5; };
struct same { int a : 3; int b : 5; union { char c; short d; }; };
struct other { long a; };
typedef struct { int x, y; } point;
#define tag(name) __attribute__((btf_decl_tag(name)))
#define user __attribute__((btf_type_tag("user")))
struct tagged { int user *p; int a tag("one"); } tag("whole");
struct array { point points[3]; const volatile int *q; };
enum wide { WIDE = 0x123456789a };
struct list list; struct bits bits; struct same same; struct other other; struct tagged tagged;
struct array array; enum wide wide; float number;
int (*callback)(struct list *, point);
struct lonely *lonely;
static int twice(int a) { return a * 2; }
int use(int a) { return twice(a) + bits.a; }
`;

/** Knows all of `struct later`. */
export const SECOND = `
struct list;
enum early { EARLY, LATE };
struct later { int value; struct list *list; };
struct list { struct later *later; struct list *next; enum early *early; };
struct bits { int a : 4; int b : 4; };
struct same { int a : 3; int b : 5; union { char c; short d; }; };
struct other { unsigned long a; };
typedef struct { int x, y; } point;
#define tag(name) __attribute__((btf_decl_tag(name)))
#define user __attribute__((btf_type_tag("rcu")))
struct tagged { int user *p; int a tag("two"); } tag("whole");
struct array { point points[3]; const volatile int *q; };
enum wide { WIDE = 0x123456789a };
struct lonely { char c; };
struct later later; struct list list; struct bits bits; struct same same; struct other other;
struct tagged tagged; struct array array; enum wide wide; double number; enum early early;
int (*callback)(struct list *, point);
struct lonely known;
int use(int a) { return bits.b; }
`;
