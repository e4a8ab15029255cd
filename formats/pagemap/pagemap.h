/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/pagemap: 64 bits about each page of a process's address space; entry N is about the
 * page at address N * page size.
 *
 * Linux, Documentation/admin-guide/mm/pagemap.rst, which numbers the bits and has no names for
 * them but in prose. The entries are in the byte order of the machine; these are the bits of a
 * little-endian one.
 */
#ifndef PRETTIFY_FORMATS_PAGEMAP_H
#define PRETTIFY_FORMATS_PAGEMAP_H

typedef unsigned long long __u64;

struct pagemap_entry {
	union {
		/* Bits 0 to 54 of a page in memory: page frame number, 0 for who may not see it. */
		__u64 pfn : 55;
		/* Of a page that is swapped out. */
		struct {
			__u64 swap_type : 5;
			__u64 swap_offset : 50;
		};
		struct {
			__u64 : 55;
			__u64 soft_dirty : 1; /* 55: written to since it was last cleared */
			__u64 exclusive : 1; /* 56: mapped by this process alone (since 4.2) */
			__u64 uffd_wp : 1; /* 57: write-protected by userfaultfd (since 5.13) */
			__u64 guard_region : 1; /* 58: a guard region (since 6.15) */
			__u64 : 2;
			__u64 file_or_shared_anon : 1; /* 61: page of a file, or shared (since 3.5) */
			__u64 swapped : 1; /* 62 */
			__u64 present : 1; /* 63 */
		};
	};
};

#endif
