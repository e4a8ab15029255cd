/* SPDX-License-Identifier: MIT */
/*
 * /var/log/lastlog: each user's last login; record N is that of the user with user id N, all zero
 * if there was none.
 *
 * lastlog(8); the names, order and widths are those of glibc's <lastlog.h> where time is 32 bits
 * wide, which it is on x86, x86-64, arm (32 bits), ppc64, s390x and RISC-V, among others.
 */
#ifndef PRETTIFY_FORMATS_LASTLOG_H
#define PRETTIFY_FORMATS_LASTLOG_H

typedef signed int __s32;

#define UT_LINESIZE 32
#define UT_HOSTSIZE 256

struct lastlog {
	__s32 ll_time;
	char ll_line[UT_LINESIZE];
	char ll_host[UT_HOSTSIZE];
};

#endif
