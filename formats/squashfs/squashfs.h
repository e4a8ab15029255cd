/* SPDX-License-Identifier: MIT */
/*
 * The superblock of a squashfs file system.
 *
 * Linux, Documentation/filesystems/squashfs.rst; names of the type and its members: Linux's
 * fs/squashfs/squashfs_fs.h; flags and compressions: the same, without prefixes. Little-endian since
 * version 4.
 */
#ifndef PRETTIFY_FORMATS_SQUASHFS_H
#define PRETTIFY_FORMATS_SQUASHFS_H

typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;

typedef enum squashfs_compression {
	ZLIB_COMPRESSION = 1,
	LZMA_COMPRESSION = 2,
	LZO_COMPRESSION = 3,
	XZ_COMPRESSION = 4,
	LZ4_COMPRESSION = 5,
	ZSTD_COMPRESSION = 6,
} __attribute__((mode(HI))) squashfs_compression_t;

struct squashfs_flags {
	__u16 NOI:1;
	__u16 NOD:1;
	__u16 CHECK:1;
	__u16 NOF:1;
	__u16 NO_FRAG:1;
	__u16 ALWAYS_FRAG:1;
	__u16 DUPLICATE:1;
	__u16 EXPORT:1;
	__u16 NOX:1;
	__u16 NO_XATTR:1;
	__u16 COMP_OPT:1;
	__u16 NOID:1;
	__u16 reserved:4;
};

/* A table that is not there is at 0xffffffffffffffff. */
struct squashfs_super_block {
	__u32 s_magic;
	__u32 inodes;
	__u32 mkfs_time;
	__u32 block_size;
	__u32 fragments;
	squashfs_compression_t compression;
	__u16 block_log;
	struct squashfs_flags flags;
	__u16 no_ids;
	__u16 s_major;
	__u16 s_minor;
	__u64 root_inode;
	__u64 bytes_used;
	__u64 id_table_start;
	__u64 xattr_id_table_start;
	__u64 inode_table_start;
	__u64 directory_table_start;
	__u64 fragment_table_start;
	__u64 lookup_table_start;
};

#endif
