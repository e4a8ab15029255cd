/* SPDX-License-Identifier: MIT */
/*
 * The headers of a cpio archive: one before each member's name and content.
 *
 * Linux, Documentation/driver-api/early-userspace/buffer-format.rst (cpio_newc); POSIX.1-2001 pax,
 * "cpio Interchange Format" (cpio_odc); cpio(5), "Old Binary Format" (cpio_old). Names of members:
 * POSIX's, and for newc those of cpio(5).
 *
 * newc's numbers are spelled in hexadecimal, odc's in octal. The old format's are binary, in the
 * byte order of the machine that wrote them, but of two-part numbers the high half is always first.
 */
#ifndef PRETTIFY_FORMATS_CPIO_H
#define PRETTIFY_FORMATS_CPIO_H

typedef unsigned short __u16;

/* "New ASCII", 070701, and 070702 where c_check holds the sum of the content's bytes. */
struct cpio_newc {
	char c_magic[6];
	char c_ino[8];
	char c_mode[8];
	char c_uid[8];
	char c_gid[8];
	char c_nlink[8];
	char c_mtime[8];
	char c_filesize[8];
	char c_devmajor[8];
	char c_devminor[8];
	char c_rdevmajor[8];
	char c_rdevminor[8];
	char c_namesize[8];
	char c_check[8];
	char c_name[];
};

/* The portable format, 070707. */
struct cpio_odc {
	char c_magic[6];
	char c_dev[6];
	char c_ino[6];
	char c_mode[6];
	char c_uid[6];
	char c_gid[6];
	char c_nlink[6];
	char c_rdev[6];
	char c_mtime[11];
	char c_namesize[6];
	char c_filesize[11];
	char c_name[];
};

/* The old binary format, octal 070707. */
struct cpio_old {
	__u16 c_magic;
	__u16 c_dev;
	__u16 c_ino;
	__u16 c_mode;
	__u16 c_uid;
	__u16 c_gid;
	__u16 c_nlink;
	__u16 c_rdev;
	__u16 c_mtime[2];
	__u16 c_namesize;
	__u16 c_filesize[2];
	char c_name[];
};

#endif
