/* Maps that are defined by their types, and global variables, which become maps too.
 *
 * Needs no header: a number is told by a pointer to an array of as many elements, a type by a
 * pointer to it, as with __uint and __type of libbpf's <bpf/bpf_helpers.h>.
 */
#define SECTION(name) __attribute__((section(name), used))
#define HIDDEN __attribute__((visibility("hidden")))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum kind {
	HASH = 1,
	ARRAY = 2,
	PROG_ARRAY = 3,
	PERF_EVENT_ARRAY = 4,
	ARRAY_OF_MAPS = 12,
	HASH_OF_MAPS = 13,
	TASK_STORAGE = 29,
	BLOOM_FILTER = 30,
};

struct endpoint {
	u32 address;
	u16 port;
	u8 protocol;
};

typedef const struct traffic {
	u64 packets;
	u64 bytes;
	char comm[16];
} traffic_t;

struct {
	int (*type)[HASH];
	int (*max_entries)[1024];
	int (*map_flags)[1]; /* BPF_F_NO_PREALLOC */
	struct endpoint *key;
	traffic_t *value;
} a_connection_of_a_long_name SECTION(".maps");

struct {
	int (*type)[ARRAY];
	int (*max_entries)[3];
	u32 *key;
	int (*value)[3];
} rows SECTION(".maps");

/* With numbers only, so that nothing is known of keys and values. */
struct {
	int (*type)[HASH];
	int (*max_entries)[8];
	int (*key_size)[6];
	int (*value_size)[12];
	int (*numa_node)[0];
} opaque SECTION(".maps");

struct {
	int (*type)[PERF_EVENT_ARRAY];
	int (*key_size)[4];
	int (*value_size)[4];
} events SECTION(".maps");

struct {
	int (*type)[PROG_ARRAY];
	int (*max_entries)[2];
	int (*key_size)[4];
	int (*values[])(void *);
} programs SECTION(".maps");

struct {
	int (*type)[BLOOM_FILTER];
	int (*max_entries)[20];
	u32 *value;
	int (*map_extra)[3];
} seen SECTION(".maps");

struct {
	int (*type)[TASK_STORAGE];
	int (*map_flags)[1];
	int *key;
	u64 *value;
} tasks SECTION(".maps");

struct slots {
	int (*type)[ARRAY];
	int (*max_entries)[4];
	u32 *key;
	u64 *value;
} first_slots SECTION(".maps");

struct {
	int (*type)[ARRAY_OF_MAPS];
	int (*max_entries)[2];
	u32 *key;
	struct slots *values[];
} tables SECTION(".maps") = { .values = { &first_slots } };

struct {
	int (*type)[HASH_OF_MAPS];
	int (*max_entries)[2];
	u16 *key;
	struct {
		int (*type)[HASH];
		int (*max_entries)[9];
		int (*key_size)[4];
		int (*value_size)[12];
	} *values[];
} spare SECTION(".maps");

/* Variables: of other files, of this one alone, of a function, hidden, and two of one name. */
u64 counter = 7;
static volatile u32 step = 5;
static volatile char word[7] = "abcdef";
HIDDEN u16 hidden = 3;
u64 hits;
void *pointer;
static volatile u8 seen_once;
const volatile struct endpoint limits = { 1, 2, 3 };
const volatile u8 table[3] = { 1, 2, 3 };
static volatile const u8 mark = 9;
u32 custom SECTION(".data.custom") = 44;
const u16 longer SECTION(".rodata.longer_than_names") = 1;
u32 untouched SECTION(".bss.mine"); /* not all loaders make a map of this one */

static void *(*lookup)(void *, const void *) = (void *)1;
static long (*trace)(const char *, u32, ...) = (void *)6;

SECTION("socket") int first(void *context)
{
	static volatile u32 calls;
	struct endpoint endpoint = { 1, 2 };
	const struct traffic *found = lookup(&a_connection_of_a_long_name, &endpoint);
	const char *text = "a literal"; /* goes to .rodata.str1.1, without a variable */

	trace(text, sizeof("a literal"));
	if (found)
		hits += found->packets + word[found->bytes & 3];
	hits += counter + step + hidden + table[1] + mark + limits.port + longer + custom;
	seen_once = 1;
	return ++calls;
}

SECTION("socket") int second(void *context)
{
	static volatile u8 calls = 1;

	return ++calls;
}

char license_text[] SECTION("license") = "GPL";
