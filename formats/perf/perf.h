/* SPDX-License-Identifier: MIT */
/*
 * Recordings of Linux's perf: perf.data files, and what perf writes into pipes.
 *
 * Linux, tools/perf/Documentation/perf.data-file-format.txt; perf_event_open(2), "MMAP layout" and
 * "Arguments". Names of members: those of <linux/perf_event.h>, and of perf's own records and file
 * header, of tools/lib/perf/include/perf/event.h and tools/perf/util/header.h. A file is in the
 * byte order of the machine that recorded it, which shows in its magic.
 */
#ifndef PRETTIFY_FORMATS_PERF_H
#define PRETTIFY_FORMATS_PERF_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;

/* The file header, at the start of a file. */

struct perf_file_section {
	__u64 offset;
	__u64 size;
};

struct perf_file_header {
	char magic[8];
	__u64 size;
	__u64 attr_size; /* bytes of one of attrs */
	struct perf_file_section attrs;
	struct perf_file_section data;
	struct perf_file_section event_types;
	__u64 adds_features[4]; /* a bit for each feature section behind the data */
};

/* That of a stream into a pipe: records begin right behind it. */

struct perf_pipe_file_header {
	char magic[8];
	__u64 size;
};

/* Which events were recorded, and how. It grew over time: perf_event_attr.size says how far. */

enum perf_type_id {
	PERF_TYPE_HARDWARE = 0,
	PERF_TYPE_SOFTWARE = 1,
	PERF_TYPE_TRACEPOINT = 2,
	PERF_TYPE_HW_CACHE = 3,
	PERF_TYPE_RAW = 4,
	PERF_TYPE_BREAKPOINT = 5,
};

#define PERF_ATTR_VER0                                                  \
	enum perf_type_id type;                                         \
	__u32 size;                                                     \
	__u64 config;                                                   \
	union {                                                         \
	        __u64 sample_period;                                    \
	        __u64 sample_freq;                                      \
	};                                                              \
	__u64 sample_type;                                              \
	__u64 read_format;                                              \
	__u64 disabled : 1;                                             \
	__u64 inherit : 1;                                              \
	__u64 pinned : 1;                                               \
	__u64 exclusive : 1;                                            \
	__u64 exclude_user : 1;                                         \
	__u64 exclude_kernel : 1;                                       \
	__u64 exclude_hv : 1;                                           \
	__u64 exclude_idle : 1;                                         \
	__u64 mmap : 1;                                                 \
	__u64 comm : 1;                                                 \
	__u64 freq : 1;                                                 \
	__u64 inherit_stat : 1;                                         \
	__u64 enable_on_exec : 1;                                       \
	__u64 task : 1;                                                 \
	__u64 watermark : 1;                                            \
	__u64 precise_ip : 2;                                           \
	__u64 mmap_data : 1;                                            \
	__u64 sample_id_all : 1;                                        \
	__u64 exclude_host : 1;                                         \
	__u64 exclude_guest : 1;                                        \
	__u64 exclude_callchain_kernel : 1;                             \
	__u64 exclude_callchain_user : 1;                               \
	__u64 mmap2 : 1;                                                \
	__u64 comm_exec : 1;                                            \
	__u64 use_clockid : 1;                                          \
	__u64 context_switch : 1;                                       \
	__u64 write_backward : 1;                                       \
	__u64 namespaces : 1;                                           \
	__u64 ksymbol : 1;                                              \
	__u64 bpf_event : 1;                                            \
	__u64 aux_output : 1;                                           \
	__u64 cgroup : 1;                                               \
	__u64 text_poke : 1;                                            \
	__u64 build_id : 1;                                             \
	__u64 inherit_thread : 1;                                       \
	__u64 remove_on_exec : 1;                                       \
	__u64 sigtrap : 1;                                              \
	__u64 __reserved_1 : 26;                                        \
	union {                                                         \
	        __u32 wakeup_events;                                    \
	        __u32 wakeup_watermark;                                 \
	};                                                              \
	__u32 bp_type;                                                  \
	union {                                                         \
	        __u64 bp_addr;                                          \
	        __u64 kprobe_func;                                      \
	        __u64 uprobe_path;                                      \
	        __u64 config1;                                          \
	};

#define PERF_ATTR_VER1                                                  \
	PERF_ATTR_VER0                                                  \
	union {                                                         \
	        __u64 bp_len;                                           \
	        __u64 kprobe_addr;                                      \
	        __u64 probe_offset;                                     \
	        __u64 config2;                                          \
	};

#define PERF_ATTR_VER2                                                  \
	PERF_ATTR_VER1                                                  \
	__u64 branch_sample_type;

#define PERF_ATTR_VER3                                                  \
	PERF_ATTR_VER2                                                  \
	__u64 sample_regs_user;                                         \
	__u32 sample_stack_user;                                        \
	__s32 clockid;

#define PERF_ATTR_VER4                                                  \
	PERF_ATTR_VER3                                                  \
	__u64 sample_regs_intr;

#define PERF_ATTR_VER5                                                  \
	PERF_ATTR_VER4                                                  \
	__u32 aux_watermark;                                            \
	__u16 sample_max_stack;                                         \
	__u16 __reserved_2;

#define PERF_ATTR_VER6                                                  \
	PERF_ATTR_VER5                                                  \
	__u32 aux_sample_size;                                          \
	__u32 __reserved_3;

#define PERF_ATTR_VER7                                                  \
	PERF_ATTR_VER6                                                  \
	__u64 sig_data;

#define PERF_ATTR_VER8                                                  \
	PERF_ATTR_VER7                                                  \
	__u64 config3;

struct perf_event_attr_ver0 {
	PERF_ATTR_VER0
};

struct perf_event_attr_ver1 {
	PERF_ATTR_VER1
};

struct perf_event_attr_ver2 {
	PERF_ATTR_VER2
};

struct perf_event_attr_ver3 {
	PERF_ATTR_VER3
};

struct perf_event_attr_ver4 {
	PERF_ATTR_VER4
};

struct perf_event_attr_ver5 {
	PERF_ATTR_VER5
};

struct perf_event_attr_ver6 {
	PERF_ATTR_VER6
};

struct perf_event_attr_ver7 {
	PERF_ATTR_VER7
};

struct perf_event_attr {
	PERF_ATTR_VER8
};

/* One of the header's attrs: how, and where in the file the ids of the events that it made are. */

struct perf_file_attr_any {
	struct perf_event_attr_ver0 attr;
};

struct perf_file_attr_ver0 {
	struct perf_event_attr_ver0 attr;
	struct perf_file_section ids;
};

struct perf_file_attr_ver1 {
	struct perf_event_attr_ver1 attr;
	struct perf_file_section ids;
};

struct perf_file_attr_ver2 {
	struct perf_event_attr_ver2 attr;
	struct perf_file_section ids;
};

struct perf_file_attr_ver3 {
	struct perf_event_attr_ver3 attr;
	struct perf_file_section ids;
};

struct perf_file_attr_ver4 {
	struct perf_event_attr_ver4 attr;
	struct perf_file_section ids;
};

struct perf_file_attr_ver5 {
	struct perf_event_attr_ver5 attr;
	struct perf_file_section ids;
};

struct perf_file_attr_ver6 {
	struct perf_event_attr_ver6 attr;
	struct perf_file_section ids;
};

struct perf_file_attr_ver7 {
	struct perf_event_attr_ver7 attr;
	struct perf_file_section ids;
};

struct perf_file_attr {
	struct perf_event_attr attr;
	struct perf_file_section ids;
};

struct perf_file_id {
	__u64 id;
};

/* Records. Those from 64 on are perf's own, the others the kernel's. */

enum perf_event_type {
	PERF_RECORD_MMAP = 1,
	PERF_RECORD_LOST = 2,
	PERF_RECORD_COMM = 3,
	PERF_RECORD_EXIT = 4,
	PERF_RECORD_THROTTLE = 5,
	PERF_RECORD_UNTHROTTLE = 6,
	PERF_RECORD_FORK = 7,
	PERF_RECORD_READ = 8,
	PERF_RECORD_SAMPLE = 9,
	PERF_RECORD_MMAP2 = 10,
	PERF_RECORD_AUX = 11,
	PERF_RECORD_ITRACE_START = 12,
	PERF_RECORD_LOST_SAMPLES = 13,
	PERF_RECORD_SWITCH = 14,
	PERF_RECORD_SWITCH_CPU_WIDE = 15,
	PERF_RECORD_NAMESPACES = 16,
	PERF_RECORD_KSYMBOL = 17,
	PERF_RECORD_BPF_EVENT = 18,
	PERF_RECORD_CGROUP = 19,
	PERF_RECORD_TEXT_POKE = 20,
	PERF_RECORD_AUX_OUTPUT_HW_ID = 21,
	PERF_RECORD_HEADER_ATTR = 64,
	PERF_RECORD_HEADER_EVENT_TYPE = 65,
	PERF_RECORD_HEADER_TRACING_DATA = 66,
	PERF_RECORD_HEADER_BUILD_ID = 67,
	PERF_RECORD_FINISHED_ROUND = 68,
	PERF_RECORD_ID_INDEX = 69,
	PERF_RECORD_AUXTRACE_INFO = 70,
	PERF_RECORD_AUXTRACE = 71,
	PERF_RECORD_AUXTRACE_ERROR = 72,
	PERF_RECORD_THREAD_MAP = 73,
	PERF_RECORD_CPU_MAP = 74,
	PERF_RECORD_STAT_CONFIG = 75,
	PERF_RECORD_STAT = 76,
	PERF_RECORD_STAT_ROUND = 77,
	PERF_RECORD_EVENT_UPDATE = 78,
	PERF_RECORD_TIME_CONV = 79,
	PERF_RECORD_HEADER_FEATURE = 80,
	PERF_RECORD_COMPRESSED = 81,
	PERF_RECORD_FINISHED_INIT = 82,
	PERF_RECORD_COMPRESSED2 = 83,
};

struct perf_event_header {
	enum perf_event_type type;
	__u16 misc;
	__u16 size; /* bytes, with this header */
};

struct perf_record {
	struct perf_event_header header;
};

/*
 * The kernel's records. Behind what is here may be a sample id, whose members attr.sample_type
 * tells.
 */

struct perf_record_mmap {
	struct perf_event_header header;
	__u32 pid;
	__u32 tid;
	__u64 addr;
	__u64 len;
	__u64 pgoff;
	char filename[];
};

struct perf_record_lost {
	struct perf_event_header header;
	__u64 id;
	__u64 lost;
};

struct perf_record_comm {
	struct perf_event_header header;
	__u32 pid;
	__u32 tid;
	char comm[];
};

struct perf_record_exit {
	struct perf_event_header header;
	__u32 pid;
	__u32 ppid;
	__u32 tid;
	__u32 ptid;
	__u64 time;
};

struct perf_record_throttle {
	struct perf_event_header header;
	__u64 time;
	__u64 id;
	__u64 stream_id;
};

struct perf_record_fork {
	struct perf_event_header header;
	__u32 pid;
	__u32 ppid;
	__u32 tid;
	__u32 ptid;
	__u64 time;
};

struct perf_record_read {
	struct perf_event_header header;
	__u32 pid;
	__u32 tid;
	__u64 values[]; /* what attr.read_format tells */
};

struct perf_record_sample {
	struct perf_event_header header;
	__u64 array[]; /* what attr.sample_type tells */
};

struct perf_record_mmap2 {
	struct perf_event_header header;
	__u32 pid;
	__u32 tid;
	__u64 addr;
	__u64 len;
	__u64 pgoff;
	union {
		struct {
			__u32 maj;
			__u32 min;
			__u64 ino;
			__u64 ino_generation;
		};
		/* If misc has bit 14, PERF_RECORD_MISC_MMAP_BUILD_ID. */
		struct {
			__u8 build_id_size;
			__u8 __reserved_1;
			__u16 __reserved_2;
			__u8 build_id[20];
		};
	};
	__u32 prot;
	__u32 flags;
	char filename[];
};

struct perf_record_aux {
	struct perf_event_header header;
	__u64 aux_offset;
	__u64 aux_size;
	__u64 flags;
};

struct perf_record_itrace_start {
	struct perf_event_header header;
	__u32 pid;
	__u32 tid;
};

struct perf_record_lost_samples {
	struct perf_event_header header;
	__u64 lost;
};

struct perf_record_switch_cpu_wide {
	struct perf_event_header header;
	__u32 next_prev_pid;
	__u32 next_prev_tid;
};

struct perf_ns_link_info {
	__u64 dev;
	__u64 ino;
};

struct perf_record_namespaces {
	struct perf_event_header header;
	__u32 pid;
	__u32 tid;
	__u64 nr_namespaces;
	struct perf_ns_link_info link_info[];
};

/* Their last names are no types: they make the enums as wide as the members are. */

enum perf_record_ksymbol_type {
	PERF_RECORD_KSYMBOL_TYPE_UNKNOWN = 0,
	PERF_RECORD_KSYMBOL_TYPE_BPF = 1,
	PERF_RECORD_KSYMBOL_TYPE_OOL = 2,
	PERF_RECORD_KSYMBOL_TYPE_16_BITS = 0xffff,
} __attribute__((packed));

enum perf_bpf_event_type {
	PERF_BPF_EVENT_UNKNOWN = 0,
	PERF_BPF_EVENT_PROG_LOAD = 1,
	PERF_BPF_EVENT_PROG_UNLOAD = 2,
	PERF_BPF_EVENT_16_BITS = 0xffff,
} __attribute__((packed));

struct perf_record_ksymbol {
	struct perf_event_header header;
	__u64 addr;
	__u32 len;
	enum perf_record_ksymbol_type ksym_type;
	__u16 flags;
	char name[];
};

struct perf_record_bpf_event {
	struct perf_event_header header;
	enum perf_bpf_event_type type;
	__u16 flags;
	__u32 id;
	__u8 tag[8];
};

struct perf_record_cgroup {
	struct perf_event_header header;
	__u64 id;
	char path[];
};

struct perf_record_text_poke {
	struct perf_event_header header;
	__u64 addr;
	__u16 old_len;
	__u16 new_len;
	__u8 bytes[];
};

struct perf_record_aux_output_hw_id {
	struct perf_event_header header;
	__u64 hw_id;
};

/* perf's own records. */

struct perf_record_header_attr_any {
	struct perf_event_header header;
	struct perf_event_attr_ver0 attr;
};

struct perf_record_header_event_type {
	struct perf_event_header header;
	__u64 event_id;
	char name[64];
};

struct perf_record_header_tracing_data {
	struct perf_event_header header;
	__u32 size; /* bytes of trace data behind it, padded to 8 */
};

struct perf_record_header_build_id {
	struct perf_event_header header;
	__s32 pid;
	__u8 build_id[24];
	char filename[];
};

struct id_index_entry {
	__u64 id;
	__u64 idx;
	__u64 cpu;
	__u64 tid;
};

struct perf_record_id_index {
	struct perf_event_header header;
	__u64 nr;
	struct id_index_entry entries[];
};

struct perf_record_auxtrace_info {
	struct perf_event_header header;
	__u32 type;
	__u32 reserved__;
	__u64 priv[];
};

struct perf_record_auxtrace {
	struct perf_event_header header;
	__u64 size; /* bytes of trace data behind it */
	__u64 offset;
	__u64 reference;
	__u32 idx;
	__u32 tid;
	__u32 cpu;
	__u32 reserved__;
};

struct perf_record_auxtrace_error {
	struct perf_event_header header;
	__u32 type;
	__u32 code;
	__u32 cpu;
	__u32 pid;
	__u32 tid;
	__u32 fmt;
	__u64 ip;
	__u64 time;
	char msg[64];
};

struct perf_record_thread_map_entry {
	__u64 pid;
	char comm[16];
};

struct perf_record_thread_map {
	struct perf_event_header header;
	__u64 nr;
	struct perf_record_thread_map_entry entries[];
};

struct perf_record_cpu_map {
	struct perf_event_header header;
	__u16 type;
	__u16 data[];
};

struct perf_record_stat_config_entry {
	__u64 tag;
	__u64 val;
};

struct perf_record_stat_config {
	struct perf_event_header header;
	__u64 nr;
	struct perf_record_stat_config_entry data[];
};

struct perf_record_stat {
	struct perf_event_header header;
	__u64 id;
	__u32 cpu;
	__u32 thread;
	__u64 val;
	__u64 ena;
	__u64 run;
};

struct perf_record_stat_round {
	struct perf_event_header header;
	__u64 type;
	__u64 time;
};

enum perf_event_update_type {
	PERF_EVENT_UPDATE__UNIT = 0,
	PERF_EVENT_UPDATE__SCALE = 1,
	PERF_EVENT_UPDATE__NAME = 2,
	PERF_EVENT_UPDATE__CPUS = 3,
	PERF_EVENT_UPDATE__64_BITS = 0xffffffffffffffff,
};

struct perf_record_event_update {
	struct perf_event_header header;
	enum perf_event_update_type type;
	__u64 id;
	char name[];
};

struct perf_record_event_update_scale {
	struct perf_event_header header;
	enum perf_event_update_type type;
	__u64 id;
	double scale;
};

struct perf_record_event_update_cpus {
	struct perf_event_header header;
	enum perf_event_update_type type;
	__u64 id;
	__u16 cpus[];
};

struct perf_record_time_conv {
	struct perf_event_header header;
	__u64 time_shift;
	__u64 time_mult;
	__u64 time_zero;
};

struct perf_record_header_feature {
	struct perf_event_header header;
	__u64 feat_id;
	__u8 data[];
};

struct perf_record_compressed {
	struct perf_event_header header;
	__u8 data[];
};

struct perf_record_compressed2 {
	struct perf_event_header header;
	__u64 data_size;
	__u8 data[];
};

/* PERF_RECORD_HEADER_ATTR with an attr of each size; ids of its events are behind it. */

struct perf_record_header_attr_ver0 {
	struct perf_event_header header;
	struct perf_event_attr_ver0 attr;
	__u64 id[];
};

struct perf_record_header_attr_ver1 {
	struct perf_event_header header;
	struct perf_event_attr_ver1 attr;
	__u64 id[];
};

struct perf_record_header_attr_ver2 {
	struct perf_event_header header;
	struct perf_event_attr_ver2 attr;
	__u64 id[];
};

struct perf_record_header_attr_ver3 {
	struct perf_event_header header;
	struct perf_event_attr_ver3 attr;
	__u64 id[];
};

struct perf_record_header_attr_ver4 {
	struct perf_event_header header;
	struct perf_event_attr_ver4 attr;
	__u64 id[];
};

struct perf_record_header_attr_ver5 {
	struct perf_event_header header;
	struct perf_event_attr_ver5 attr;
	__u64 id[];
};

struct perf_record_header_attr_ver6 {
	struct perf_event_header header;
	struct perf_event_attr_ver6 attr;
	__u64 id[];
};

struct perf_record_header_attr_ver7 {
	struct perf_event_header header;
	struct perf_event_attr_ver7 attr;
	__u64 id[];
};

struct perf_record_header_attr {
	struct perf_event_header header;
	struct perf_event_attr attr;
	__u64 id[];
};

#endif
