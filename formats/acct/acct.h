/* SPDX-License-Identifier: MIT */
/*
 * Process accounting: one record for each process that ended, version 3.
 *
 * acct(5); names of members and flags: those of <linux/acct.h>. The file is in the byte order of
 * the machine that wrote it: ac_version is 3, plus 0x80 on a big-endian one.
 */
#ifndef PRETTIFY_FORMATS_ACCT_H
#define PRETTIFY_FORMATS_ACCT_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;

#define ACCT_COMM 16

/*
 * A small floating-point number: mantissa * 8 ** exponent. The exponent is its highest three bits.
 * Times are in units of AHZ, a hundredth of a second.
 */

typedef struct {
	__u16 mantissa : 13;
	__u16 exponent : 3;
} comp_t;

typedef struct {
	__u16 exponent : 3;
	__u16 mantissa : 13;
} comp_t_big_endian;

struct acct_flags {
	__u8 AFORK : 1; /* forked, and did not execute a program */
	__u8 ASU : 1; /* used super-user privileges */
	__u8 ACOMPAT : 1;
	__u8 ACORE : 1; /* dumped core */
	__u8 AXSIG : 1; /* was killed by a signal */
	__u8 : 3;
};

struct acct_flags_big_endian {
	__u8 : 3;
	__u8 AXSIG : 1;
	__u8 ACORE : 1;
	__u8 ACOMPAT : 1;
	__u8 ASU : 1;
	__u8 AFORK : 1;
};

#define ACCT_V3_MEMBERS(flags, comp)                                                   \
	flags ac_flag;                                                                 \
	__u8 ac_version;                                                               \
	__u16 ac_tty; /* device number of the controlling terminal */                  \
	__u32 ac_exitcode; /* as wait(2) gives it */                                   \
	__u32 ac_uid;                                                                  \
	__u32 ac_gid;                                                                  \
	__u32 ac_pid;                                                                  \
	__u32 ac_ppid;                                                                 \
	__u32 ac_btime; /* when it began, seconds since 1970 */                        \
	float ac_etime; /* how long it ran, in units of AHZ */                         \
	comp ac_utime;                                                                 \
	comp ac_stime;                                                                 \
	comp ac_mem; /* average memory use, KiB */                                     \
	comp ac_io; /* characters read and written */                                  \
	comp ac_rw; /* blocks read and written; Linux writes 0 */                      \
	comp ac_minflt;                                                                \
	comp ac_majflt;                                                                \
	comp ac_swaps;                                                                 \
	char ac_comm[ACCT_COMM];

struct acct_v3 {
	ACCT_V3_MEMBERS(struct acct_flags, comp_t)
};

/* C lays out bitfields from the other end there. */

struct acct_v3_big_endian {
	ACCT_V3_MEMBERS(struct acct_flags_big_endian, comp_t_big_endian)
};

#endif
