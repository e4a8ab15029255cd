/* SPDX-License-Identifier: MIT */
/*
 * The auxiliary vector: what the kernel tells a new process, as /proc/PID/auxv shows it.
 *
 * System V ABI, AMD64 Architecture Processor Supplement, section 3.4.3 "Auxiliary Vector";
 * getauxval(3). Names of members: those of <elf.h>; of the types of entries: <linux/auxvec.h>.
 * The entries are in the byte order and of the word size of the process.
 */
#ifndef PRETTIFY_FORMATS_AUXV_H
#define PRETTIFY_FORMATS_AUXV_H

typedef unsigned int __u32;
typedef unsigned long long __u64;

/* The types of entries. */

enum at_type {
	AT_NULL = 0,
	AT_IGNORE = 1,
	AT_EXECFD = 2,
	AT_PHDR = 3,
	AT_PHENT = 4,
	AT_PHNUM = 5,
	AT_PAGESZ = 6,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_NOTELF = 10,
	AT_UID = 11,
	AT_EUID = 12,
	AT_GID = 13,
	AT_EGID = 14,
	AT_PLATFORM = 15,
	AT_HWCAP = 16,
	AT_CLKTCK = 17,
	AT_FPUCW = 18,
	AT_DCACHEBSIZE = 19,
	AT_ICACHEBSIZE = 20,
	AT_UCACHEBSIZE = 21,
	AT_IGNOREPPC = 22,
	AT_SECURE = 23,
	AT_BASE_PLATFORM = 24,
	AT_RANDOM = 25,
	AT_HWCAP2 = 26,
	AT_RSEQ_FEATURE_SIZE = 27,
	AT_RSEQ_ALIGN = 28,
	AT_HWCAP3 = 29,
	AT_HWCAP4 = 30,
	AT_EXECFN = 31,
	AT_SYSINFO = 32,
	AT_SYSINFO_EHDR = 33,
	AT_L1I_CACHESHAPE = 34,
	AT_L1D_CACHESHAPE = 35,
	AT_L2_CACHESHAPE = 36,
	AT_L3_CACHESHAPE = 37,
	AT_L1I_CACHESIZE = 40,
	AT_L1I_CACHEGEOMETRY = 41,
	AT_L1D_CACHESIZE = 42,
	AT_L1D_CACHEGEOMETRY = 43,
	AT_L2_CACHESIZE = 44,
	AT_L2_CACHEGEOMETRY = 45,
	AT_L3_CACHESIZE = 46,
	AT_L3_CACHEGEOMETRY = 47,
	AT_MINSIGSTKSZ = 51,
	/* No type of entry: it makes the enum as wide as a_type is. */
	AT_64_BITS = 0xffffffffffffffff,
};

typedef struct {
	enum at_type a_type;
	union {
		__u64 a_val;
	} a_un;
} Elf64_auxv_t;

/* Of a 32-bit process: its a_type is a number, since the enum is 64 bits wide. */

typedef struct {
	__u32 a_type;
	union {
		__u32 a_val;
	} a_un;
} Elf32_auxv_t;

#endif
