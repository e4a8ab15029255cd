/*
 * Producers of events for tests: one fills a BPF ring buffer, one a perf event array. Nothing is
 * attached: BPF_PROG_TEST_RUN runs them, with arguments that say how many events there are to be.
 *
 * build.sh makes events.bpf.o of this.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(name) __attribute__((section(name), used))
#define UINT(name, value) int (*name)[value]
#define TYPE(name, value) typeof(value) *name

static void *(*const map_lookup_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static __u32 (*const get_smp_processor_id)(void) = (void *)BPF_FUNC_get_smp_processor_id;
static long (*const perf_event_output)(void *context, void *map, __u64 flags, void *data,
				       __u64 size) = (void *)BPF_FUNC_perf_event_output;
static long (*const ringbuf_output)(void *map, void *data, __u64 size,
				    __u64 flags) = (void *)BPF_FUNC_ringbuf_output;
static void *(*const ringbuf_reserve)(void *map, __u64 size,
				      __u64 flags) = (void *)BPF_FUNC_ringbuf_reserve;
static void (*const ringbuf_submit)(void *data, __u64 flags) = (void *)BPF_FUNC_ringbuf_submit;
static void (*const ringbuf_discard)(void *data, __u64 flags) = (void *)BPF_FUNC_ringbuf_discard;

enum event_kind {
	EVENT_SAMPLE = 1,
	EVENT_TEXT = 2,
};

/* How every event begins. */
struct event {
	__u64 sequence;
	enum event_kind kind;
	__u32 cpu;
};

struct event_sample {
	struct event event;
	__u64 value;
	char name[16];
};

struct event_text {
	struct event event;
	__u16 length;
	char text[];
};

#define LONGEST 108 /* characters of a text */
#define MOST 4096   /* events of one run */

/* What the second argument asks for. */
#define TEXTS 1	   /* each third event is a text, of a length that changes */
#define DISCARDS 2 /* before each seventh event, one is reserved and discarded */
#define QUIET 4	   /* nobody is woken up */

enum counter { SENT, FAILED, DISCARDED, COUNTERS };

struct {
	UINT(type, BPF_MAP_TYPE_RINGBUF);
	UINT(max_entries, 65536);
} ring SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	TYPE(key, __u32);
	TYPE(value, __u32);
} perf SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(max_entries, COUNTERS);
	TYPE(key, __u32);
	TYPE(value, __u64);
} counters SEC(".maps");

/* So that BTF describes what no map or function mentions. */
const struct event_sample *described_sample SEC(".described");
const struct event_text *described_text SEC(".described");

struct text_room {
	struct event event;
	__u16 length;
	char text[LONGEST];
};

static __attribute__((always_inline)) __u64 add(__u32 counter, __u64 by)
{
	__u64 *value = map_lookup_elem(&counters, &counter);

	return value ? __sync_fetch_and_add(value, by) : 0;
}

static __attribute__((always_inline)) void begin(struct event *event, enum event_kind kind,
						 __u64 sequence)
{
	event->sequence = sequence;
	event->kind = kind;
	event->cpu = get_smp_processor_id();
}

static __attribute__((always_inline)) void fill_sample(struct event_sample *sample, __u64 sequence)
{
	begin(&sample->event, EVENT_SAMPLE, sequence);
	sample->value = sequence * 3;
	__builtin_memset(sample->name, 0, sizeof(sample->name));
	__builtin_memcpy(sample->name, "sample", 6);
	sample->name[6] = 'a' + sequence % 26;
}

/*
 * Returns the bytes of a text of up to LONGEST characters; there is no NUL at its end. The compiler
 * must not know how many they are, or it leaves out the check that the verifier wants to see.
 */
static __attribute__((always_inline)) __u64 fill_text(struct text_room *room, __u64 sequence)
{
	__u64 size;

	begin(&room->event, EVENT_TEXT, sequence);
	room->length = sequence * 7 % (LONGEST + 1);
	__builtin_memset(room->text, 'A' + sequence % 26, LONGEST);
	size = __builtin_offsetof(struct text_room, text) + room->length;
	asm volatile("" : "+r"(size));
	return size;
}

/*
 * Each kind of producer is a loop, and a function for one event. It is global, so that the verifier
 * looks at it once and not once for each time around. In a section the loop comes first.
 */
int ring_event(__u64 how);
int perf_event(struct bpf_raw_tracepoint_args *context, __u64 how);

/* args: how many events, what else is asked for. */
SEC("raw_tp/ring")
int fill_ring(struct bpf_raw_tracepoint_args *context)
{
	__u64 count = context->args[0], how = context->args[1];
	int i;

	for (i = 0; i < MOST && i < count; i++)
		ring_event(how);
	return 0;
}

/* Returns 1 if there is no room. */
SEC("raw_tp/ring") __attribute__((noinline))
int ring_event(__u64 how)
{
	__u64 sequence = add(SENT, 1), size;
	__u64 flags = how & QUIET ? BPF_RB_NO_WAKEUP : 0;
	struct event_sample *sample;
	struct text_room room;

	if (how & DISCARDS && sequence % 7 == 6) {
		sample = ringbuf_reserve(&ring, sizeof(*sample), 0);
		if (sample) {
			fill_sample(sample, ~0ull);
			ringbuf_discard(sample, flags);
			add(DISCARDED, 1);
		}
	}
	if (how & TEXTS && sequence % 3 == 2) {
		size = fill_text(&room, sequence);
		if (size <= sizeof(room) && !ringbuf_output(&ring, &room, size, flags))
			return 0;
	} else {
		sample = ringbuf_reserve(&ring, sizeof(*sample), 0);
		if (sample) {
			fill_sample(sample, sequence);
			ringbuf_submit(sample, flags);
			return 0;
		}
	}
	add(FAILED, 1);
	return 1;
}

/* args: as above; nothing is discarded, and everybody is woken up. */
SEC("raw_tp/perf")
int fill_perf(struct bpf_raw_tracepoint_args *context)
{
	__u64 count = context->args[0], how = context->args[1];
	int i;

	for (i = 0; i < MOST && i < count; i++)
		perf_event(context, how);
	return 0;
}

SEC("raw_tp/perf") __attribute__((noinline))
int perf_event(struct bpf_raw_tracepoint_args *context, __u64 how)
{
	__u64 sequence = add(SENT, 1), size;
	struct event_sample sample;
	struct text_room room;
	long failed = -1;

	if (how & TEXTS && sequence % 3 == 2) {
		size = fill_text(&room, sequence);
		if (size <= sizeof(room))
			failed = perf_event_output(context, &perf, BPF_F_CURRENT_CPU, &room, size);
	} else {
		fill_sample(&sample, sequence);
		failed = perf_event_output(context, &perf, BPF_F_CURRENT_CPU, &sample,
					   sizeof(sample));
	}
	if (failed)
		add(FAILED, 1);
	return !!failed;
}

const char program_license[] SEC("license") = "Dual MIT/GPL";
