/* SPDX-License-Identifier: MIT */
/*
 * Records of logins: /run/utmp (who is logged in), /var/log/wtmp (all logins, logouts, boots and
 * shutdowns), /var/log/btmp (failed logins).
 *
 * utmp(5); the names, order and widths are those of glibc's <utmp.h> where session and time are 32
 * bits wide, which they are on x86, x86-64, arm (32 bits), ppc64, s390x and RISC-V, among others.
 */
#ifndef PRETTIFY_FORMATS_UTMP_H
#define PRETTIFY_FORMATS_UTMP_H

typedef signed short __s16;
typedef signed int __s32;

#define UT_LINESIZE 32
#define UT_NAMESIZE 32
#define UT_HOSTSIZE 256

enum ut_type {
	EMPTY = 0,
	RUN_LVL = 1,
	BOOT_TIME = 2,
	NEW_TIME = 3,
	OLD_TIME = 4,
	INIT_PROCESS = 5,
	LOGIN_PROCESS = 6,
	USER_PROCESS = 7,
	DEAD_PROCESS = 8,
	ACCOUNTING = 9,
	/* No type of record: it makes the enum as wide as ut_type is. */
	UT_TYPE_16_BITS = 0x7fff,
} __attribute__((packed));

struct exit_status {
	__s16 e_termination;
	__s16 e_exit;
};

struct utmp {
	enum ut_type ut_type;
	__s32 ut_pid;
	char ut_line[UT_LINESIZE];
	char ut_id[4];
	char ut_user[UT_NAMESIZE];
	char ut_host[UT_HOSTSIZE];
	struct exit_status ut_exit;
	__s32 ut_session;
	struct {
		__s32 tv_sec;
		__s32 tv_usec;
	} ut_tv;
	/* An IPv4 address is the first of the four alone. In network byte order. */
	unsigned char ut_addr_v6[16];
	char __glibc_reserved[20];
};

#endif
