// Values of every kind in the layout that the compiler gives them.
enum small { SMALL_MINUS = -3, SMALL_TWO = 2 };
enum unsigned_small { LARGE = 0xfffffff0u };
enum wide { WIDE = 0x123456789abcdef0ull };
enum wide_signed { WIDE_SIGNED = -0x123456789abcdef0ll };
enum __attribute__((packed)) tiny { TINY = 200 };

struct point {
  short x;
  long long y;
};

struct values {
  unsigned char u8;
  signed char s8;
  unsigned short u16;
  short s16;
  unsigned u32;
  int s32;
  unsigned long long u64;
  long long s64;
  __uint128_t u128;
  __int128_t s128;
  _Bool yes;
  _Bool no;
  float single;
  double precise;
  enum small small;
  enum unsigned_small large;
  enum wide wide;
  enum wide_signed wide_signed;
  enum tiny tiny;
  char text[8];
  char full[4];
  unsigned char raw[3];
  const volatile struct point points[2];
  int grid[2][3];
  struct {
    int inner_a;
    union {
      unsigned inner_word;
      unsigned char inner_bytes[4];
    };
  };
  union {
    unsigned long long whole;
    struct {
      unsigned low;
      unsigned high;
    } halves;
  } named;
  struct point *pointer;
  char *string;
};

struct bits {
  unsigned a : 3;
  int b : 5;
  unsigned c : 24;
  unsigned long long d : 40;
  long long e : 20;
  _Bool f : 1;
  enum small g : 4;
  unsigned : 3;
  int i : 32;
  struct {
    unsigned char j : 4;
    signed char k : 4;
  };
};

struct values values = {
    .u8 = 200,
    .s8 = -100,
    .u16 = 60000,
    .s16 = -30000,
    .u32 = 4000000000u,
    .s32 = -2000000000,
    .u64 = 0xfedcba9876543210ull,
    .s64 = -0x7edcba9876543210ll,
    .u128 = ((__uint128_t)0xfedcba9876543210ull << 64) | 0x0123456789abcdefull,
    .s128 = -((__int128_t)1 << 100),
    .yes = 1,
    .single = 1.5f,
    .precise = -0.1,
    .small = SMALL_MINUS,
    .large = LARGE,
    .wide = WIDE,
    .wide_signed = WIDE_SIGNED,
    .tiny = TINY,
    .text = "waggle",
    .full = "bee",
    .raw = {1, 2, 255},
    .points = {{-1, -2}, {3, 4}},
    .grid = {{1, 2, 3}, {4, 5, 6}},
    .inner_a = -7,
    .inner_word = 0x04030201,
    .named = {.halves = {1, 2}},
    .pointer = (struct point *)0xffff888012345678ull,
};

struct bits bits = {
    .a = 5,
    .b = -9,
    .c = 0xabcdef,
    .d = 0xa123456789ull,
    .e = -345678,
    .f = 1,
    .g = SMALL_MINUS,
    .i = -2,
    .j = 9,
    .k = -4,
};

double numbers[2] = {0.5, 1e300};
