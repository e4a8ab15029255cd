/* Maps as they were defined before BTF: by values in the section `maps`, and what BTF was first
 * used for, a struct of a key and a value for each map.
 */
#define SECTION(name) __attribute__((section(name), used))
#define TYPES(map, key_type, value_type)                                                          \
	struct ____btf_map_##map {                                                                \
		key_type key;                                                                     \
		value_type value;                                                                 \
	};                                                                                        \
	struct ____btf_map_##map SECTION(".maps." #map) ____btf_map_##map = {}

struct definition {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
	unsigned int more[2]; /* of other loaders */
};

struct pair {
	int a;
	short b;
};

struct definition SECTION("maps") plain = { 1, 8, 16, 32, 1 };
struct definition SECTION("maps") typed = { 2, 4, 8, 5 };
TYPES(typed, unsigned int, struct pair);
struct definition SECTION("maps/single") single = { 9, 2, 2, 7, 2 };

static void *(*lookup)(void *, const void *) = (void *)1;

SECTION("socket") int program(void *context)
{
	unsigned long long key = 1;

	return lookup(&plain, &key) && lookup(&typed, &key) && lookup(&single, &key);
}

char license_text[] SECTION("license") = "GPL";
