/* SPDX-License-Identifier: MIT */
/*
 * A record such as tracing programs write: what the benchmarks measure arrays, strings, enums,
 * bitfields and floats with. `make formats` makes the .btf beside it.
 */
#ifndef PRETTIFY_BENCHMARKS_EVENT_H
#define PRETTIFY_BENCHMARKS_EVENT_H

typedef signed int __s32;
typedef unsigned int __u32;
typedef unsigned long long __u64;

enum event_kind {
	EVENT_OPEN = 1,
	EVENT_READ,
	EVENT_WRITE,
	EVENT_SYNC,
	EVENT_CLOSE,
};

struct event {
	__u64 time_ns;
	__u32 pid;
	__u32 tid;
	char comm[16];
	enum event_kind kind;
	__u32 cpu : 10;
	__u32 priority : 8;
	__u32 in_interrupt : 1;
	__s32 nice : 6;
	__u64 latency[8];
	float load;
	double seconds;
};

#endif
