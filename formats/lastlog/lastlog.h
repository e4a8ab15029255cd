/* SPDX-License-Identifier: MIT */
/*
 * /var/log/lastlog: each user's last login; record N is that of the user with user id N, all zero
 * if there was none.
 *
 * lastlog(8); names and order of members: those of glibc's <lastlog.h>. Time is 32 bits wide where it
 * defines __WORDSIZE_TIME64_COMPAT32, which it does on x86-64 and most others, and on 32-bit systems;
 * on some 64-bit ones, aarch64 among them, it is 64.
 */
#ifndef PRETTIFY_FORMATS_LASTLOG_H
#define PRETTIFY_FORMATS_LASTLOG_H

typedef signed int __s32;
typedef signed long long __s64;

#define UT_LINESIZE 32
#define UT_HOSTSIZE 256

struct lastlog {
	__s32 ll_time;
	char ll_line[UT_LINESIZE];
	char ll_host[UT_HOSTSIZE];
};

struct lastlog_wide {
	__s64 ll_time;
	char ll_line[UT_LINESIZE];
	char ll_host[UT_HOSTSIZE];
};

#endif
