/* SPDX-License-Identifier: MIT */
/*
 * Records of logins: /run/utmp (who is logged in), /var/log/wtmp (all logins, logouts, boots and
 * shutdowns), /var/log/btmp (failed logins).
 *
 * utmp(5); names and order of members: those of glibc's <utmp.h>. Session and time are 32 bits wide
 * where it defines __WORDSIZE_TIME64_COMPAT32, which it does on x86-64 and most others, and on 32-bit
 * systems; on some 64-bit ones, aarch64 among them, they are 64.
 */
#ifndef PRETTIFY_FORMATS_UTMP_H
#define PRETTIFY_FORMATS_UTMP_H

typedef signed short __s16;
typedef signed int __s32;
typedef signed long long __s64;

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

struct utmp_wide {
	enum ut_type ut_type;
	__s32 ut_pid;
	char ut_line[UT_LINESIZE];
	char ut_id[4];
	char ut_user[UT_NAMESIZE];
	char ut_host[UT_HOSTSIZE];
	struct exit_status ut_exit;
	__s64 ut_session;
	struct {
		__s64 tv_sec;
		__s64 tv_usec;
	} ut_tv;
	unsigned char ut_addr_v6[16];
	char __glibc_reserved[20];
};

#endif
