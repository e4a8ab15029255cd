/*
 * Types for test_c_dialect.py: every shape that a C initializer can have trouble with.
 *
 * build.sh makes the .btf files beside this one from it; the tests read those, print records of
 * these types as C, and give the text back to a compiler together with this header. No other
 * header is needed, so that any target will do. A variable of each type keeps it in the debug
 * information.
 *
 * HALF and QUAD say that the compiler has _Float16 and __float128.
 */
typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;
typedef _Bool flag_t;
typedef char letter_t;
typedef const letter_t const_letter_t;

#define PACKED __attribute__((packed))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))

/* Scalars. */

struct integers {
	char c;
	signed char sc;
	unsigned char uc;
	short s;
	unsigned short us;
	int i;
	unsigned int ui;
	long l;
	unsigned long ul;
	long long ll;
	unsigned long long ull;
} integers;

struct named_integers { u8 a; s8 b; u16 c; s16 d; u32 e; s32 f; u64 g; s64 h; letter_t i; } named_integers;

u32 a_u32; s64 a_s64; u64 a_u64; letter_t a_letter_t; flag_t a_flag_t;

struct flags { _Bool b; flag_t f; _Bool array[3]; _Bool grid[2]; _Bool one:1; flag_t two:1; } flags;

struct floats { float f; double d; float fs[3]; double ds[2]; const float cf; } floats;
typedef float real_t;
typedef double long_real_t;
real_t a_real_t; long_real_t a_long_real_t;

#ifndef __bpf__ /* there it is a double */
struct extended { long double x; char tail; long double xs[2]; } extended;
typedef long double extended_t;
extended_t an_extended_t;
struct PACKED packed_extended { char c; long double x; short s; } packed_extended;
union extended_first { long double x; u64 word; } extended_first;
union extended_last { u8 bytes[16]; long double x; } extended_last;
#endif

#ifdef HALF
struct halves { _Float16 h; _Float16 hs[3]; } halves;
#endif
#ifdef QUAD
struct quads { __float128 q; __float128 qs[2]; } quads;
typedef __float128 quad_t;
quad_t a_quad_t;
#endif

#ifdef __SIZEOF_INT128__
struct wide { __int128 s; unsigned __int128 u; __int128 ss[2]; unsigned __int128 us[2]; } wide;
typedef __int128 s128;
typedef unsigned __int128 u128;
s128 a_s128; u128 a_u128;
struct PACKED packed_wide { char c; s128 s; u128 u; } packed_wide;
struct bits_128 { s128 a:100; u128 b:70; s128 c:65; u128 d:128; s128 e:64; } bits_128;
#endif

/* Enumerations. */

enum small { S_ZERO, S_ONE, S_TWO, S_FOUR = 4, S_ALIAS = 4, S_FIVE } a_small;
enum with_negative { N_LOW = -2147483647 - 1, N_TWO = -2, N_ONE = -1, N_NIL = 0, N_HIGH = 7 } a_with_negative;
enum high { H_ONE = 1, H_HIGH = 0x80000000u, H_ALL = 0xffffffffu } a_high;
enum without_zero { W_THREE = 3 } a_without_zero;
enum huge { G_ONE = 1, G_BIG = 0x100000001ULL, G_ALL = 0xffffffffffffffffULL } a_huge;
enum huge_negative {
	HN_LOW = -9223372036854775807LL - 1, HN_MINUS = -5, HN_HIGH = 0x7fffffffffffffffLL
} a_huge_negative;
enum PACKED byte_enum { B_ONE = 1, B_HIGH = 200 } a_byte_enum;
enum PACKED signed_byte_enum { SB_MINUS = -1, SB_HIGH = 100 } a_signed_byte_enum;
enum PACKED short_enum { SH_ONE = 1, SH_HIGH = 60000 } a_short_enum;
typedef enum { T_X, T_Y, T_LAST = 99 } unnamed_enum_t;
unnamed_enum_t an_unnamed_enum_t;

struct enums {
	enum small small;
	enum with_negative negative;
	enum high high;
	enum without_zero three;
	enum byte_enum byte;
	enum signed_byte_enum signed_byte;
	enum short_enum half;
	unnamed_enum_t typed;
	enum { I_A, I_B = 10 } unnamed;
	enum small array[3];
	const enum small constant;
} enums;

struct huge_enums { enum huge u; enum huge_negative s; enum huge us[2]; enum huge_negative ss[2]; } huge_enums;

/* Bitfields. */

struct bits_unsigned {
	u32 b1:1; u32 b2:2; u32 b7:7; u32 b8:8; u32 b13:13; u32 b31:31; u32 b32:32;
} bits_unsigned;
struct bits_signed { int a:1; int b:3; int c:12; int d:16; s64 e:40; s64 f:24; s8 g:4; s8 h:4; s16 i:15; } bits_signed;
struct bits_wide { u64 a:33; u64 b:31; u64 c:63; u64 d:1; u64 e:64; s64 f:64; s64 g:63; s64 h:1; } bits_wide;
struct bits_mixed { u8 a:3; u16 b:9; u32 c:20; u64 d:40; u64 e:24; u8 f:8; u16 g:16; char tail; } bits_mixed;
struct bits_gaps { u32 a:3; u32 :0; u32 b:5; u32 :7; u32 c:9; u8 d; u32 :4; u32 e:4; } bits_gaps;
struct bits_char { char a:3; char b:8; unsigned char c:5; signed char d:7; } bits_char;
struct bits_enum { enum small s:3; enum high h:32; enum byte_enum b:8; _Bool f:1; unnamed_enum_t t:7; } bits_enum;
struct bits_enum_negative { enum with_negative n:5; enum with_negative m:32; int tail:3; } bits_enum_negative;
struct bits_enum_huge { enum huge u:40; enum huge_negative s:40; enum huge all:64; } bits_enum_huge;
struct PACKED bits_packed { u8 lead; u32 a:5; u32 b:27; u32 c:11; s32 d:30; u64 e:50; s64 f:60; u8 tail; } bits_packed;
struct bits_shared { char a; int b:24; int c:8; char d; short e; } bits_shared;
struct bits_typed { const u32 a:6; volatile u32 b:10; flag_t c:1; } bits_typed;
union bits_union { u32 low:4; u32 high:20; struct { u32 a:7; u32 b:9; }; } bits_union;
struct bits_only_first { u32 a:1; } bits_only_first;

/* Pointers. */

struct incomplete;
typedef struct { int x, y; } point_t;
typedef int compare_t(const void *, const void *);
typedef void (*handler_t)(int);
typedef int row_t[4];

struct pointers {
	void *v;
	int *i;
	const char *cc;
	char *const *volatile cv;
	const volatile void *const cvc;
	struct incomplete *fwd;
	int *restrict r;
	const char *const *names;
	struct integers *structure;
	union bits_union *unions;
	enum small *enumeration;
	point_t *typed;
	const point_t *const *const_typed;
	struct { int unnamed; } *unnamed;
	struct pointers *self;
	_Bool *b;
	long double *ld;
} pointers;

struct pointers_to_arrays {
	unsigned char (*row)[4];
	int (*open)[];
	char *(*strings)[2];
	int (*(*pointers)[5])[6];
	row_t *typed;
} pointers_to_arrays;

struct pointers_to_const_arrays { const row_t *typed; const int (*row)[3]; } pointers_to_const_arrays;
struct pointers_to_grids { int (*grid)[2][3]; char *(*strings)[2][2]; } pointers_to_grids;

struct pointers_to_functions {
	void (*plain)(void);
	int (*compare)(const void *, const void *);
	compare_t *typed;
	handler_t handler;
	handler_t *handlers;
	int (*print)(const char *format, ...);
	int (*vprint)(const char *format, __builtin_va_list);
	char *(*duplicate)(const char *source, unsigned long length);
	void (*table[3])(int);
	void (*(*get)(int))(int);
	int (*(*get_row)(void))[3];
	void (*(*get_table[2])(void (*)(int), int))(long);
	int (*callback)(int (*call)(void *, u32), void *context);
	struct pointers *(*open)(struct pointers_to_functions *self, enum small e);
	void (*const constant)(void);
	void (**pointer)(void);
	int (*array)(int numbers[4], char *const arguments[]);
	_Bool (*truth)(_Bool, float, double, point_t);
} pointers_to_functions;

struct pointers_unnamed { void (*f)(struct pointers_unnamed *, point_t *); union { int a; } *u; enum { P_A } *e; } pointers_unnamed;

handler_t a_handler_t;
#ifndef __bpf__ /* there it is a pointer */
struct variable_arguments { int n; __builtin_va_list list; } variable_arguments;
#endif
typedef char *string_t;
string_t a_string_t;
typedef point_t *point_pointer_t;
point_pointer_t a_point_pointer_t;

/* Arrays. */

struct arrays {
	int i[4];
	unsigned char mac[6];
	signed char sc[2];
	u64 q[2];
	short one[1];
	void *p[2];
	handler_t h[2];
	enum small e[2];
	float f[2];
	const u32 c[2];
	volatile u16 v[2];
	row_t row;
} arrays;

struct arrays_of_structs {
	point_t points[3];
	struct { u8 key; u16 value; } unnamed[2];
	union { u32 word; u8 bytes[4]; } unions[2];
	struct flags flags[2];
	struct { struct { int a; } inner[2]; } outer[2];
} arrays_of_structs;

struct grids {
	int m[2][3];
	int c[2][3][2];
	char names[3][8];
	u8 bytes[2][2];
	point_t points[2][2];
	row_t rows[2];
	char *strings[2][2];
	letter_t letters[2][2][3];
} grids;

typedef int grid_t[2][3];
typedef char names_t[2][4];
typedef point_t points_t[2];
row_t a_row_t; grid_t a_grid_t; names_t a_names_t; points_t a_points_t;

struct strings {
	char one[1];
	char four[4];
	char sixteen[16];
	const char constant[8];
	letter_t letters[5];
	const_letter_t const_letters[3];
	signed char no_string[3];
	unsigned char no_string_either[3];
	struct { char inner[6]; } nested[2];
} strings;
typedef char name_t[16];
name_t a_name_t;

/* Structs within structs, unions, members without names. */

struct nested {
	u32 a;
	struct bits_shared bits;
	struct inner { u16 x; u16 y; } inner;
	struct { u8 p; u8 q; } unnamed;
	union { u32 word; u8 bytes[4]; } u;
	const struct inner constant;
	point_t point;
} nested;

struct anonymous {
	u8 tag;
	union {
		u32 word;
		struct { u16 low; u16 high; };
		struct { u8 b0; u8 b1; struct { u8 b2; u8 b3; }; };
	};
	struct { u64 left; u64 right; };
	u32 end;
} anonymous;

/* The member of the union that is printed has no name itself. */
struct anonymous_kept {
	int before;
	union {
		u8 tag;
		struct { u16 a; struct { u16 b; u16 c; }; u16 d; };
	};
	int between;
	union {
		struct { u32 e; union { u8 f; struct { u16 g; u16 h; }; }; u64 i[2]; };
		u64 number;
	};
	struct { union { struct { struct { u8 j; }; u8 k[3]; struct inner l[2]; }; u8 m; }; };
	int after;
} anonymous_kept;

union anonymous_union {
	u8 tag;
	struct { u32 a; u32 b; };
	union { struct { u32 c; u32 d; u32 e; }; u32 f; };
} anonymous_union;

struct anonymous_bits { union { struct { u32 a:3; u32 b:4; }; struct { u32 c:30; u32 d:2; }; }; _Bool e:1; } anonymous_bits;

struct deep {
	u32 a;
	struct {
		u32 b;
		union {
			u64 c;
			struct {
				u8 d;
				union { u32 e; struct { u16 f; u16 g; } fg; };
				u64 h;
			} s;
		} u;
		u8 z;
	} one;
	u16 y;
} deep;

union numbers { u8 a; u16 b; u32 c; u64 d; float f; double g; } numbers;
union flag_or_byte { _Bool b; u8 x; } flag_or_byte;
union float_first { double d; u64 u; } float_first;
union structs { struct inner n; struct { u8 x; u64 y; } s; char text[10]; } structs;
union pointer_or_text { void *p; char text[8]; } pointer_or_text;
union strings_union { char a[3]; char b[12]; } strings_union;
union of_union { union numbers n; union { u8 x; u64 y[2]; } m; } of_union;
typedef union { u32 u; float f; } unnamed_union_t;
unnamed_union_t an_unnamed_union_t;

/* What `{ 0 }` would not reach, or not wholly. */
struct union_first { union { u8 a; u64 b; } u; int c; } union_first;
struct anonymous_union_first { union { u8 a; struct { u32 b; u32 c; }; }; int d; } anonymous_union_first;
struct union_array_first { union { u8 a; char b[7]; } u[2]; int c; } union_array_first;
struct empty { } empty;
struct empty_first { struct empty e; int a; } empty_first;
struct empty_within { int a; struct empty e; int b; struct empty es[2]; } empty_within;
struct zero_array_first { int z[0]; int a; } zero_array_first;
struct zero_array_within { int a; u8 z[0]; int b; char c[0]; } zero_array_within;
struct only_zero_array { u32 v[0]; } only_zero_array;
struct only_empty { struct empty e; struct empty es[3]; } only_empty;
union only_empty_union { struct empty e; } only_empty_union;
union empty_or_not { struct empty e; u32 a; } empty_or_not;
struct no_names { u32 :32; } no_names;
struct no_names_first { struct no_names n; int a; struct no_names ns[2]; } no_names_first;
typedef struct empty empties_t[2];
empties_t an_empties_t;
typedef int no_numbers_t[0];
no_numbers_t a_no_numbers_t;
typedef char no_text_t[0];
no_text_t a_no_text_t;
struct text_first { char text[4]; int a; } text_first;
struct struct_first { struct { struct { float f[2]; } b; } a; int c; } struct_first;

/* Flexible arrays. */
struct flexible { u32 n; u32 v[]; } flexible;
struct flexible_text { u16 n; char text[]; } flexible_text;
struct flexible_structs { u32 n; struct inner e[]; } flexible_structs;

/* Packed and aligned. */
struct PACKED packed { u8 a; u32 b; u16 c; u64 d; float e; void *f; } packed;
struct PACKED packed_nested { u8 a; struct integers i; struct { u8 x; u32 y; } in; double z; } packed_nested;
struct packed_within { u8 a; struct packed p; u32 b; struct packed ps[2]; } packed_within;
struct PACKED ALIGNED(4) packed_aligned { u8 a; u64 b; u16 c; } packed_aligned;
union PACKED packed_union { u8 a; u32 b; u8 c[5]; } packed_union;
struct aligned { u8 a; u32 b ALIGNED(16); u8 c; u64 d ALIGNED(64); u8 e; } aligned;
struct holes { char a; long long b; char c; short d; char e; } holes;
struct arrays_of_holes { struct holes h[3]; struct { struct holes inner; char tail; } n[2]; } arrays_of_holes;

/* Qualified. */
struct qualified {
	const int ci;
	volatile int vi;
	const volatile u32 cvu;
	const struct inner cs;
	volatile u8 va[3];
	const union numbers cu;
} qualified;
typedef const struct inner const_inner_t;
const_inner_t a_const_inner_t;
typedef volatile int volatile_int_t;
volatile_int_t a_volatile_int_t;
