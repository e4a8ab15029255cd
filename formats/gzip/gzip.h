/* SPDX-License-Identifier: MIT */
/*
 * The header and trailer of a gzip file's member.
 *
 * RFC 1952, "GZIP file format specification version 4.3", section 2.3; names of members: the RFC's.
 * Little-endian.
 */
#ifndef PRETTIFY_FORMATS_GZIP_H
#define PRETTIFY_FORMATS_GZIP_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;

enum gzip_compression_method {
	DEFLATE = 8,
} __attribute__((packed));

struct gzip_flags {
	__u8 FTEXT:1;
	__u8 FHCRC:1;
	__u8 FEXTRA:1;
	__u8 FNAME:1;
	__u8 FCOMMENT:1;
	__u8 reserved:3;
};

/* What deflate says of its effort. */
enum gzip_extra_flags {
	MAXIMUM_COMPRESSION = 2,
	FASTEST_ALGORITHM = 4,
} __attribute__((packed));

enum gzip_operating_system {
	FAT = 0,
	AMIGA = 1,
	VMS = 2,
	UNIX = 3,
	VM_CMS = 4,
	ATARI_TOS = 5,
	HPFS = 6,
	MACINTOSH = 7,
	Z_SYSTEM = 8,
	CP_M = 9,
	TOPS_20 = 10,
	NTFS = 11,
	QDOS = 12,
	ACORN_RISCOS = 13,
	UNKNOWN_OS = 255,
} __attribute__((packed));

struct gzip_member {
	__u8 ID1;
	__u8 ID2;
	enum gzip_compression_method CM;
	struct gzip_flags FLG;
	__u32 MTIME;
	enum gzip_extra_flags XFL;
	enum gzip_operating_system OS;
} __attribute__((packed));

/* With FEXTRA, the length of the extra field, which subfields fill. */
struct gzip_extra {
	__u16 XLEN;
};

struct gzip_subfield {
	char SI1;
	char SI2;
	__u16 LEN;
	__u8 data[];
};

/* With FNAME the original file's name, with FCOMMENT a comment, up to a NUL. */
struct gzip_name {
	char name[0];
};

struct gzip_comment {
	char comment[0];
};

/* With FHCRC, the low half of the header's CRC-32. */
struct gzip_header_crc {
	__u16 CRC16;
};

/* Behind the compressed data: CRC-32 and size modulo 2**32 of what was compressed. */
struct gzip_trailer {
	__u32 CRC32;
	__u32 ISIZE;
};

#endif
